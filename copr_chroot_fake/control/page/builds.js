/* The builds with their chroots: states, timelines and buttons. */

import { chrootActions } from "./actions.js";
import { call, post, token } from "./api.js";
import { byId, button, duration, el, enable, icon, updateChildren, setAttr, setText, timeOfDay, utc } from "./elements.js";
import { Query, searchField, selectField } from "./lists.js";
import { menuButton, menuItem, menuLink } from "./menus.js";
import { FINAL_STATES, SOURCE_STATES, STATES } from "./states.js";
import { drawAxis, drawing, drawLine, segmentsOf, spanOf } from "./timeline.js";

/** Builds with more chroots than this, or after this many other builds, are collapsed at first. */
const FEW_CHROOTS = 20;
const FEW_BUILDS = 10;
const MAX_CHROOTS = 100;
/** The maximum of the control API. */
const MAX_LIMIT = 1000;

/** Shows builds, the latest first. */
export class Builds {
  #page;
  #place = byId("builds");
  #count = byId("builds-count");
  #legend = byId("legend");
  #query;
  #items = [];
  /** How many chroots of a build are skipped, by its id. */
  #skipped = new Map();

  /** `page` has `act(name, requests)`, `confirm(question)`, `openForm(form)`, `choices`, and `refresh()`. */
  constructor(page) {
    this.#page = page;
    const states = selectField("state", "State", STATES.filter((state) => state !== "absent"));
    this.#query = new Query("builds", [searchField("Id, package or project"), states], () => page.refresh());
    byId("builds-heading").after(this.#query.form);
    this.#place.after(this.#query.pager);
  }

  search(text) {
    this.#query.search(text);
  }

  /** Read the overview; with builds, those of the current page, and of each the current page of chroots. */
  async read(after, withBuilds) {
    const limits = { builds: withBuilds ? Query.LIMIT : 0, chroots: MAX_CHROOTS };
    const overview = await call({ path: `overview?${this.#query.with({ ...limits, after })}` });
    for (const build of overview.builds) {
      const offset = this.#skipped.get(build.id) ?? 0;
      if (offset > 0) Object.assign(build, await call({ path: `builds/${build.id}?limit=${MAX_CHROOTS}&offset=${offset}` }));
    }
    return overview;
  }

  show({ builds, changes, clock, total_builds: total }) {
    this.#query.show(builds.length, total);
    const byBuild = Map.groupBy(changes, (change) => change.build_id);
    this.#items = builds.toReversed().map((build, index) => ({ build, changes: byBuild.get(build.id) ?? [], index }));
    setText(this.#count, total || "");
    this.draw(clock.now);
    const seen = new Set([...builds.flatMap((build) => Object.keys(build.states)), ...changes.map(({ state }) => state)]);
    updateChildren(this.#legend, STATES.filter((state) => seen.has(state)), (state) => state, (state) => ({
      node: el("li", { class: `state-${state}` }, el("span", { class: "swatch" }, icon(state)), state),
    }));
  }

  /** Draw the builds again, with timelines until a time. */
  draw(now) {
    const items = this.#items.length ? this.#items.map((item) => ({ ...item, now })) : [null];
    updateChildren(this.#place, items, (item) => item ? `${item.build.id} ${item.build.package}` : this.#query.isFiltered, (item) =>
      item === null ? { node: el("p", { class: "panel empty" }, this.#query.isFiltered ? "No such builds." : "No builds.") } : this.#build(item));
  }

  #build({ build: { id, package: name, total_chroots: total }, index }) {
    const [advance, finish, cancel] = this.#buttons(["Advance", "Finish", "Cancel"], `build ${id}`, `builds/${id}`);
    let latest;
    const more = menuButton("⋯", `More for build ${id}`, () => this.#itemsOf(latest));
    const chrootPager = this.#chrootPager(id);
    const [project, tag, number] = [el("span", { class: "soft" }), el("span", { class: "tag" }), el("span")];
    const counts = el("ul", { class: "counts" });
    const axis = drawing({ class: "axis", "aria-hidden": "true" });
    const lines = el("ul", { class: "chroots", "aria-label": `Chroots of build ${id}` });
    const fold = el("details", {}, el("summary", {}, number, counts), el("div", { class: "row" }, axis), lines, chrootPager.node);
    fold.open = index < FEW_BUILDS && total <= FEW_CHROOTS;
    const title = el("h3", { id: `build-${id}` }, `Build ${id} `, el("b", {}, name ?? ""));
    const buttons = el("div", { class: "buttons" }, advance, finish, cancel, ...more);
    const stages = el("ol", { class: "stages" });
    const source = el("div", { id: `source-${id}` }, stages, el("p", { class: "soft" }, WAITS_FOR_SOURCE));
    setAttr(advance, "aria-describedby", source.id);
    const node = el("article", { class: "panel build", "aria-labelledby": title.id }, el("header", {}, title, project, tag, buttons), source, fold);

    let draw = () => {};
    fold.addEventListener("toggle", () => draw());
    const update = ({ build, changes, now }) => {
      latest = build;
      const { total_chroots: all, states } = build;
      const goesOn = build.chroots.some((chroot) => chroot.can_advance) || (all > build.chroots.length && !build.finished);
      setText(project, build.project.endsWith(`/${build.project_dirname}`) ? build.project : `${build.project} (${build.project_dirname})`);
      setText(tag, build.canceled ? "canceled" : all === 0 ? `source ${build.source_state}` : "");
      setText(number, all === 1 ? "1 chroot" : `${all} chroots`);
      chrootPager.update(build);
      source.hidden = goesOn || FINAL_STATES.has(build.source_state);
      const shown = source.hidden ? [] : SOURCE_STATES.map((state) => ({ state, current: build.source_state }));
      updateChildren(stages, shown, ({ state }) => state, stagePart);
      enable(advance, goesOn);
      enable(finish, goesOn);
      enable(cancel, !build.canceled && !build.finished);
      const counted = STATES.filter((state) => state in states).map((state) => ({ state, count: states[state] }));
      updateChildren(counts, counted, ({ state }) => state, countPart);
      draw = () => fold.open && this.#draw(axis, lines, build, changes, now);
      draw();
    };
    return { node, update };
  }

  #itemsOf(build) {
    const { id, source_state: source } = build;
    const name = `build ${id}`;
    const remove = {
      title: `Delete ${name}?`,
      text: "Copr responds with 404 from then on.",
      verb: "Delete",
      name: `Delete ${name}`,
      request: { method: "DELETE", path: `builds/${id}` },
    };
    return [
      ...(FINAL_STATES.has(source) ? [] : [menuItem("Report source failed", () => this.#page.act(`Report source of ${name} failed`, post(`builds/${id}/report-source`, { state: "failed" })))]),
      ...(build.total_chroots === 0 ? [] : this.#chrootItems(name, async (isPossible) => pathsOf(id, (await chrootsOf(build)).filter(isPossible)))),
      menuItem("Delete…", () => this.#page.confirm(remove)),
      ...jsonLinks(`../api_3/build/${id}`, `builds/${id}`),
    ];
  }

  /** The actions on chroots, whose paths `select(isPossible)` returns. */
  #chrootItems(whole, select) {
    const { act, openForm, choices } = this.#page;
    return chrootActions.map(({ label, name, isPossible, request, form }) => menuItem(label, async () => {
      const paths = await select(isPossible);
      if (form) openForm(form(choices, whole, paths));
      else act(name(whole), paths.map(request));
    }));
  }

  /** The buttons that turn the pages of chroots. */
  #chrootPager(id) {
    const turn = (by) => {
      this.#skipped.set(id, Math.max(0, (this.#skipped.get(id) ?? 0) + by));
      this.#page.refresh();
    };
    const previous = button("Previous", `Previous chroots of build ${id}`, () => turn(-MAX_CHROOTS));
    const next = button("Next", `Next chroots of build ${id}`, () => turn(MAX_CHROOTS));
    const position = el("span", { class: "soft" });
    const node = el("div", { class: "pager buttons" }, previous, position, next);
    const update = ({ chroots, total_chroots: total }) => {
      const first = this.#skipped.get(id) ?? 0;
      node.hidden = total <= MAX_CHROOTS;
      setText(position, `chroots ${first + 1} to ${first + chroots.length} of ${total}`);
      enable(previous, first > 0);
      enable(next, first + chroots.length < total);
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
    const path = chrootPath(id, name);
    const whole = `${name} of build ${id}`;
    const [advance, finish] = this.#buttons(["Advance", "Finish"], whole, path);
    let latest;
    const more = menuButton("⋯", `More for ${whole}`, () => this.#itemsOfChroot(id, whole, path, latest));
    const [badge, held, times] = [el("span", { class: "badge" }), el("span", { class: "tag" }), el("span", { class: "times" })];
    const line = drawing({ role: "img" });
    const node = el("li", { class: "row" },
      el("span", { class: "name" }, name), el("span", { class: "is" }, badge, held, times),
      el("div", { class: "line" }, line), el("div", { class: "buttons" }, advance, finish, ...more));
    node.addEventListener("animationend", () => node.classList.remove("changed"));

    const update = ({ chroot, segments, span }) => {
      latest = chroot;
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

  #itemsOfChroot(id, name, path, chroot) {
    const results = chroot.result_url !== null && chroot.result_url.startsWith(location.origin) ? [menuLink("Results", chroot.result_url)] : [];
    return [
      // Whether it is possible or not: the server says why not.
      ...this.#chrootItems(name, () => [path]),
      ...jsonLinks(`../api_3/build-chroot/${id}/${encodeURIComponent(chroot.name)}`, path),
      ...results,
    ];
  }

  #buttons(labels, whose, path) {
    return labels.map((label) => {
      const name = `${label} ${whose}`;
      return button(label, name, () => this.#page.act(name, requestOf(label, path)));
    });
  }
}

const WAITS_FOR_SOURCE = "The source build comes first: only then do the chroots advance. It advances with polls, with the clock, or by reports.";

/** A stage of a source build, with a badge if it is the current one. */
function stagePart({ state }) {
  const name = el("span", {}, state);
  const update = ({ current }) => {
    setAttr(name, "class", state === current ? `badge state-${state}` : "soft");
    setAttr(name, "aria-current", state === current ? "step" : null);
  };
  return { node: el("li", {}, name), update };
}

const chrootPath = (id, name) => `builds/${id}/chroots/${encodeURIComponent(name)}`;
const pathsOf = (id, chroots) => chroots.map(({ name }) => chrootPath(id, name));

/** Return all chroots of a build, of which the page has only some. */
async function chrootsOf({ id, chroots, total_chroots: total }) {
  if (chroots.length === total) return chroots;
  const all = [];
  for (let offset = 0; offset < total; offset += MAX_LIMIT) {
    all.push(...(await call({ path: `builds/${id}?limit=${MAX_LIMIT}&offset=${offset}` })).chroots);
  }
  return all;
}

/** The request of a button. */
function requestOf(label, path) {
  return label === "Finish" ? post(`${path}/advance`, { to: "end" }) : post(`${path}/${label.toLowerCase()}`);
}

/** Links to JSON; that of the control API, which a link cannot send a token to, counts as no poll. */
function jsonLinks(copr, control) {
  return [menuLink("JSON of Copr (a poll)", copr), ...(token.get() === null ? [menuLink("JSON of the control API", control)] : [])];
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
