/* The states of build chroots. */

/** In the order in which the page lists them. */
export const STATES = ["absent", "importing", "waiting", "pending", "starting", "running", "succeeded", "failed", "canceled", "skipped",
  "forked", "unknown"];

export const FINAL_STATES = new Set(["succeeded", "failed", "canceled", "skipped", "forked"]);
