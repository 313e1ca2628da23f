/* The states of build chroots. */

/** In the order in which the page lists them. */
export const STATES = ["absent", "importing", "waiting", "pending", "starting", "running", "succeeded", "failed", "canceled", "skipped",
  "forked", "unknown"];

/** Of a source build, in their order. */
export const SOURCE_STATES = ["pending", "starting", "running", "importing", "succeeded"];

export const FINAL_STATES = new Set(["succeeded", "failed", "canceled", "skipped", "forked"]);
