/* The clock, the faults, the journal and the other worlds. */

import { at, button, el, keep, put, say, timeOfDay, utc } from "./elements.js";

/** How many requests stay on the page. */
const REQUESTS = 200;

export function showClock({ now, speed, paused }) {
  say(at("now"), utc(now));
  put(at("now"), "datetime", `${utc(now).replace(" ", "T")}Z`);
  say(at("unix"), now.toFixed(1));
  const course = speed === 1 ? "real time" : `${speed} times real time`;
  say(at("course"), speed === null ? "stands still until it is moved" : paused ? "paused" : course);
  at("running").hidden = speed === null;
  say(at("pause"), paused ? "Resume" : "Pause");
  if (speed !== null && at("speed").dataset.is !== String(speed)) {
    at("speed").dataset.is = speed;
    at("speed").value = speed;
  }
}

export function showFaults(faults, total, act) {
  say(at("faults-count"), total > faults.length ? `the first ${faults.length} of ${total}` : "");
  at("clear-faults").hidden = faults.length === 0;
  keep(at("faults"), faults.length ? faults : [null], (fault) => fault && `${fault.id} ${JSON.stringify(fault.fault)}`, (fault) =>
    fault === null ? { node: el("li", { class: "empty" }, "Nothing goes wrong.") } : faultPart(fault, act));
}

function faultPart({ id, fault }, act) {
  const what = Object.entries(fault).map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`);
  const counts = el("span", { class: "soft" });
  const remove = button("Remove", `Remove fault ${id}`, () => {
    act(`Remove fault ${id}`, `faults/${id}`, "DELETE");
    // The button is about to go, and with it the focus that it has.
    at("fault-name").focus();
  });
  const node = el("li", {}, el("b", {}, `#${id}`), el("span", { class: "what" }, what.join(", ")), remove, counts);
  return { node, update: ({ seen, hits }) => say(counts, `${hits} hit of ${seen} seen`) };
}

/** What was asked, as far as it is shown. */
export class Journal {
  #requests = [];

  /** The number of the request before the last one, so that the server shows the last one again. */
  get after() {
    return Math.max(0, (this.#requests.at(-1)?.number ?? 0) - 1);
  }

  /**
   * Take in what came after; whether it goes on from what there is.
   *
   * Where the last request is not there anymore the world has been reset, its
   * journal forgotten or the server started anew, and the numbers begin again.
   */
  goesOn(requests) {
    const [last, again] = [this.#requests.at(-1), requests.at(0)];
    if (last !== undefined && (again?.number !== last.number || again.at !== last.at)) {
      this.#requests = [];
      return false;
    }
    this.#requests = [...this.#requests.slice(0, -1), ...requests].slice(-REQUESTS);
    return true;
  }

  show() {
    const asked = this.#requests.at(-1)?.number ?? 0;
    say(at("journal-count"), asked > this.#requests.length ? `the latest ${this.#requests.length} of ${asked}` : asked || "");
    const latestFirst = this.#requests.toReversed();
    keep(at("journal"), latestFirst.length ? latestFirst : [null], (request) => request && `${request.number} ${request.at}`, (request) => ({
      node: request === null ? el("li", { class: "empty" }, "Nobody has asked for anything.") : row(request),
    }));
  }
}

function row({ number, method, target, status, at: time, saw, matched, fault }) {
  const states = Object.entries(saw);
  const byState = Map.groupBy(states, ([, state]) => state);
  const seen = states.length < 3
    ? states.map(([name, state]) => `${name} ${state}`)
    : [...byState].map(([state, those]) => `${those.length} ${state}`);
  return el("li", { class: status === 0 || status >= 400 ? "request bad" : "request", title: `request ${number}, at ${utc(time)}` },
    el("span", { class: "soft" }, timeOfDay(time)),
    el("span", { class: "status" }, status || "no answer"),
    el("b", {}, method),
    el("span", { class: "tag" }, matched ? "" : "not there"),
    el("span", { class: "tag bad" }, fault === null ? "" : `fault ${fault}`),
    el("span", { class: "target" }, target),
    el("span", { class: "saw" }, seen.join(", ")));
}

/** Links to the other worlds, from the server's own one on. */
export function showWorlds(names, total, { root, world }) {
  const more = total - names.length;
  say(at("world"), world || "main");
  say(at("more-worlds"), more > 0 ? `and ${more} more` : "");
  keep(at("worlds"), ["", ...names], (name) => name, (name) => {
    const href = `${root}${name && `/worlds/${encodeURIComponent(name)}`}/_fake/`;
    return { node: el("li", {}, el("a", { href, "aria-current": name === world ? "page" : null }, name || "main")) };
  });
}
