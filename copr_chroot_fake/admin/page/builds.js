/* The builds with their chroots: states, timelines and buttons. */

import { byId, button, duration, el, enable, icon, updateChildren, setAttr, setText, timeOfDay, utc } from "./elements.js";
import { drawAxis, drawing, drawLine, segmentsOf, spanOf } from "./timeline.js";

const STATES = ["absent", "importing", "waiting", "pending", "starting", "running", "succeeded", "failed", "canceled", "skipped",
  "forked", "unknown"];

/** Builds with more chroots than this, or after this many other builds, are collapsed at first. */
const FEW_CHROOTS = 20;
const FEW_BUILDS = 10;

/** Shows builds, the latest first; `act(name, path, method, body)` sends the control call of a button. */
export class Builds {
  #act;
  #place = byId("builds");
  #count = byId("builds-count");
  #legend = byId("legend");

  constructor(act) {
    this.#act = act;
  }

  show({ builds, changes, clock, total_builds: total }) {
    const byBuild = Map.groupBy(changes, (change) => change.build_id);
    const items = builds.toReversed().map((build, index) => ({ build, changes: byBuild.get(build.id) ?? [], now: clock.now, index }));
    setText(this.#count, total > builds.length ? `the latest ${builds.length} of ${total}` : total || "");
    updateChildren(this.#place, items.length ? items : [null], (item) => item && `${item.build.id} ${item.build.package}`, (item) =>
      item === null ? { node: el("p", { class: "panel empty" }, "No builds.") } : this.#build(item));
    const seen = new Set([...builds.flatMap((build) => build.chroots), ...changes].map(({ state }) => state));
    updateChildren(this.#legend, STATES.filter((state) => seen.has(state)), (state) => state, (state) => ({
      node: el("li", { class: `state-${state}` }, el("span", { class: "swatch" }, icon(state)), state),
    }));
  }

  #build({ build: { id, package: name, chroots }, index }) {
    const [advance, finish, cancel] = this.#buttons(["Advance", "Finish", "Cancel"], `build ${id}`, `builds/${id}`);
    const [project, tag, number] = [el("span", { class: "soft" }), el("span", { class: "tag" }), el("span")];
    const counts = el("ul", { class: "counts" });
    const axis = drawing({ class: "axis", "aria-hidden": "true" });
    const lines = el("ul", { class: "chroots", "aria-label": `Chroots of build ${id}` });
    const fold = el("details", {}, el("summary", {}, number, counts), el("div", { class: "row" }, axis), lines);
    fold.open = index < FEW_BUILDS && chroots.length <= FEW_CHROOTS;
    const title = el("h3", { id: `build-${id}` }, `Build ${id} `, el("b", {}, name));
    const buttons = el("div", { class: "buttons" }, advance, finish, cancel);
    const node = el("article", { class: "panel build", "aria-labelledby": title.id }, el("header", {}, title, project, tag, buttons), fold);

    let draw = () => {};
    fold.addEventListener("toggle", () => draw());
    const update = ({ build, changes, now }) => {
      const goesOn = build.chroots.some((chroot) => chroot.can_advance);
      const many = build.chroots.length;
      const byState = Map.groupBy(build.chroots, (chroot) => chroot.state);
      setText(project, build.project.endsWith(`/${build.project_dirname}`) ? build.project : `${build.project} (${build.project_dirname})`);
      setText(tag, build.canceled ? "canceled" : "");
      const all = build.total_chroots;
      setText(number, many < all ? `the first ${many} of ${all} chroots` : many === 1 ? "1 chroot" : `${many} chroots`);
      enable(advance, goesOn);
      enable(finish, goesOn);
      enable(cancel, !build.canceled && !build.finished);
      const counted = STATES.filter((state) => byState.has(state)).map((state) => ({ state, count: byState.get(state).length }));
      updateChildren(counts, counted, ({ state }) => state, countPart);
      draw = () => fold.open && this.#draw(axis, lines, build, changes, now);
      draw();
    };
    return { node, update };
  }

  #draw(axis, lines, build, changes, now) {
    const span = spanOf(build, changes, now, axis.clientWidth);
    const byChroot = Map.groupBy(changes, (change) => change.chrootname);
    const items = build.chroots.map((chroot) => ({ chroot, segments: segmentsOf(chroot, byChroot.get(chroot.name) ?? [], span), span }));
    drawAxis(axis, span);
    updateChildren(lines, items, ({ chroot }) => chroot.name, ({ chroot }) => this.#chroot(build.id, chroot.name));
  }

  #chroot(id, name) {
    const path = `builds/${id}/chroots/${encodeURIComponent(name)}`;
    const [advance, finish] = this.#buttons(["Advance", "Finish"], `${name} of build ${id}`, path);
    const [badge, held, times] = [el("span", { class: "badge" }), el("span", { class: "tag" }), el("span", { class: "times" })];
    const line = drawing({ role: "img" });
    const node = el("li", { class: "row" },
      el("span", { class: "name" }, name), times, el("span", { class: "is" }, badge, held),
      el("div", { class: "line" }, line), el("div", { class: "buttons" }, advance, finish));
    node.addEventListener("animationend", () => node.classList.remove("changed"));

    const update = ({ chroot, segments, span }) => {
      if (badge.dataset.state !== chroot.state) {
        node.classList.toggle("changed", "state" in badge.dataset);
        badge.dataset.state = chroot.state;
        setAttr(badge, "class", `badge state-${chroot.state}`);
        badge.replaceChildren(icon(chroot.state), chroot.state);
      }
      setText(held, chroot.held_in === null ? "" : chroot.held_in === chroot.state ? "held" : `will be held in ${chroot.held_in}`);
      setText(times, inTimes(chroot));
      setAttr(times, "title", inDates(chroot));
      enable(advance, chroot.can_advance);
      enable(finish, chroot.can_advance);
      drawLine(line, segments, span);
    };
    return { node, update };
  }

  #buttons(labels, whose, path) {
    return labels.map((label) => {
      const name = `${label} ${whose}`;
      return button(label, name, () => this.#act(name, ...callOf(label, path)));
    });
  }
}

/** The path, method and body of the call of a button. */
function callOf(label, path) {
  return label === "Finish" ? [`${path}/advance`, "POST", { to: "end" }] : [`${path}/${label.toLowerCase()}`];
}

function countPart({ state }) {
  const text = el("span");
  return { node: el("li", { class: `state-${state}` }, icon(state), text), update: ({ count }) => setText(text, `${count} ${state}`) };
}

function inTimes({ started_on: started, ended_on: ended }) {
  if (started === null || ended === null) {
    return started !== null ? `since ${timeOfDay(started)}` : ended !== null ? `ended ${timeOfDay(ended)}` : "";
  }
  return `${timeOfDay(started)} → ${timeOfDay(ended)}`;
}

function inDates({ started_on: started, ended_on: ended }) {
  const took = started === null || ended === null ? "" : `after ${duration(ended - started)}`;
  const parts = [started === null ? "" : `started ${utc(started)}`, ended === null ? "" : `ended ${utc(ended)}`, took];
  return parts.filter(Boolean).join(", ") || null;
}
