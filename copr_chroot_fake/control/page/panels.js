/* The clock, the faults, the journal and the links to other worlds. */

import { byId, button, el, updateChildren, setAttr, setText, timeOfDay, utc } from "./elements.js";

/** Maximum number of requests on the page. */
const MAX_REQUESTS = 200;

export function showClock({ now, speed, paused }) {
  setText(byId("now"), utc(now));
  setAttr(byId("now"), "datetime", `${utc(now).replace(" ", "T")}Z`);
  setText(byId("unix"), now.toFixed(1));
  const course = speed === 1 ? "real time" : `${speed} times real time`;
  setText(byId("course"), speed === null ? "virtual: moves only by control" : paused ? "paused" : course);
  byId("running").hidden = speed === null;
  setText(byId("pause"), paused ? "Resume" : "Pause");
  if (speed !== null && byId("speed").dataset.is !== String(speed)) {
    byId("speed").dataset.is = speed;
    byId("speed").value = speed;
  }
}

export function showFaults(faults, total, act) {
  setText(byId("faults-count"), total > faults.length ? `the first ${faults.length} of ${total}` : "");
  byId("clear-faults").hidden = faults.length === 0;
  updateChildren(byId("faults"), faults.length ? faults : [null], (fault) => fault && `${fault.id} ${JSON.stringify(fault.fault)}`, (fault) =>
    fault === null ? { node: el("li", { class: "empty" }, "No faults.") } : faultPart(fault, act));
}

function faultPart({ id, fault }, act) {
  const fields = Object.entries(fault).map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`);
  const counts = el("span", { class: "soft" });
  const remove = button("Remove", `Remove fault ${id}`, () => {
    act(`Remove fault ${id}`, { method: "DELETE", path: `faults/${id}` });
    // The button disappears together with the focus.
    byId("fault-name").focus();
  });
  const node = el("li", {}, el("b", {}, `#${id}`), el("span", { class: "fields" }, fields.join(", ")), remove, counts);
  return { node, update: ({ seen, hits }) => setText(counts, `hit ${hits} of ${seen} matching requests`) };
}

/** The latest requests. */
export class Journal {
  #requests = [];

  /** The number of the second-last request, so that the server returns the last one again. */
  get after() {
    return Math.max(0, (this.#requests.at(-1)?.number ?? 0) - 1);
  }

  /**
   * Append new requests; return false, and start over, if they do not follow the last one.
   *
   * If the last request does not exist anymore, the world was reset, its journal
   * cleared or the server restarted, and the numbers start again.
   */
  append(requests) {
    const [last, first] = [this.#requests.at(-1), requests.at(0)];
    if (last !== undefined && (first?.number !== last.number || first.at !== last.at)) {
      this.#requests = [];
      return false;
    }
    this.#requests = [...this.#requests.slice(0, -1), ...requests].slice(-MAX_REQUESTS);
    return true;
  }

  show() {
    const total = this.#requests.at(-1)?.number ?? 0;
    setText(byId("journal-count"), total > this.#requests.length ? `the latest ${this.#requests.length} of ${total}` : total || "");
    const latestFirst = this.#requests.toReversed();
    updateChildren(byId("journal"), latestFirst.length ? latestFirst : [null], (request) => request && `${request.number} ${request.at}`, (request) => ({
      node: request === null ? el("li", { class: "empty" }, "No requests.") : row(request),
    }));
  }
}

function row({ number, method, target, status, at: time, states: chroots, build_states: builds, matched, fault }) {
  const states = Object.entries({ ...builds, ...chroots });
  const byState = Map.groupBy(states, ([, state]) => state);
  const seen = states.length < 3
    ? states.map(([name, state]) => `${name} ${state}`)
    : [...byState].map(([state, those]) => `${those.length} ${state}`);
  return el("li", { class: status === 0 || status >= 400 ? "request bad" : "request", title: `request ${number}, at ${utc(time)}` },
    el("span", { class: "soft" }, timeOfDay(time)),
    el("span", { class: "status" }, status || "no response"),
    el("b", {}, method),
    el("span", { class: "tag" }, matched ? "" : "unmatched"),
    el("span", { class: "tag bad" }, fault === null ? "" : `fault ${fault}`),
    el("span", { class: "target" }, target),
    el("span", { class: "states" }, seen.join(", ")));
}

/** Show links to all worlds, the main world first. */
export function showWorlds(names, total, { root, world }) {
  const more = total - names.length;
  setText(byId("world"), world || "main");
  setText(byId("more-worlds"), more > 0 ? `and ${more} more` : "");
  updateChildren(byId("worlds"), ["", ...names], (name) => name, (name) => {
    const href = `${root}${name && `/worlds/${encodeURIComponent(name)}`}/_fake/`;
    return { node: el("li", {}, el("a", { href, "aria-current": name === world ? "page" : null }, name || "main")) };
  });
}
