/* Lists with search fields and pages: projects, packages, requests and messages; the builds have the same fields. */

import { call } from "./api.js";
import { button, byId, el, enable, setText, timeOfDay, updateChildren, utc } from "./elements.js";

/** The search fields and the page of a list. */
export class Query {
  /** The number of items on a page. */
  static LIMIT = 50;
  #fields;
  #change;
  #offset = 0;
  #previous;
  #next;
  #position = el("span", { class: "soft" });

  /** `fields` are inputs, and `noun` names the items; `change` is called to read another page. */
  constructor(noun, fields, change) {
    this.#fields = fields;
    this.#change = change;
    const turn = (pages) => {
      this.#offset = Math.max(0, this.#offset + pages * Query.LIMIT);
      change();
    };
    this.#previous = button("Previous", `Previous ${noun}`, () => turn(-1));
    this.#next = button("Next", `Next ${noun}`, () => turn(1));
    this.form = el("form", { class: "search buttons", role: "search", "aria-label": `Search ${noun}` }, ...fields.map(labelled));
    this.pager = el("div", { class: "pager buttons" }, this.#previous, this.#position, this.#next);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => {
      this.#offset = 0;
      change();
    });
  }

  get isFiltered() {
    return this.#fields.some((field) => field.value !== "");
  }

  /** The query of the current page, with other parameters. */
  with(others) {
    const filled = this.#fields.filter((field) => field.value !== "" && field.validity.valid).map((field) => [field.name, field.value]);
    return new URLSearchParams([...filled, ["offset", this.#offset], ...Object.entries(others)]);
  }

  /** Search for a text. */
  search(text) {
    for (const field of this.#fields) field.value = field.name === "search" ? text : "";
    this.form.dispatchEvent(new Event("input"));
  }

  /** Show the position in a list, whose current page has `count` items; go back from a page that has none. */
  show(count, total) {
    if (count === 0 && this.#offset > 0) {
      this.#offset = Math.max(0, Math.ceil(total / Query.LIMIT) - 1) * Query.LIMIT;
      this.#change();
    }
    const [first, last] = [this.#offset + 1, this.#offset + count];
    this.pager.hidden = total <= Query.LIMIT;
    setText(this.#position, `${first} to ${last} of ${total}`);
    enable(this.#previous, this.#offset > 0);
    enable(this.#next, last < total);
  }
}

const labelled = (field) => el("label", {}, el("span", {}, field.dataset.label), field);

export const searchField = (label) => el("input", { type: "search", name: "search", "data-label": label, autocomplete: "off", maxlength: 200 });

export const selectField = (name, label, options) =>
  el("select", { name, "data-label": label }, el("option", { value: "" }, "any"), ...options.map((option) => el("option", {}, option)));

/** A list of the server, in a section with its heading. */
class List {
  #kind;
  #count = el("p", { class: "soft" });
  #items = el("ul", { class: "panel list" });
  #query;

  constructor(section, kind, change) {
    this.#kind = kind;
    this.#query = new Query(kind.noun, kind.fields, change);
    const title = el("h2", { id: `${kind.noun}-title` }, kind.title);
    section.setAttribute("aria-labelledby", title.id);
    section.append(el("div", { class: "heading" }, title, this.#count, this.#query.form), this.#items, this.#query.pager);
  }

  search(text) {
    this.#query.search(text);
  }

  /** Read the current page; return a function that shows it. */
  async read() {
    const { noun } = this.#kind;
    const { [noun]: items, total } = await call({ path: `${noun}?${this.#query.with({ limit: Query.LIMIT })}` });
    return () => this.#show(items, total);
  }

  #show(items, total) {
    const { noun, latestFirst, key, row } = this.#kind;
    setText(this.#count, total);
    this.#query.show(items.length, total);
    const ordered = latestFirst ? items.toReversed() : items;
    updateChildren(this.#items, ordered.length ? ordered : [null], (item) => item && key(item), (item) => ({
      node: item === null ? el("li", { class: "empty" }, `No ${noun}.`) : el("li", {}, row(item)),
    }));
  }
}

/** A row that shows the fields of an item when it is opened. */
function expandable(summary, fields, links = []) {
  // The spaces are for screen readers, and where a line may break.
  const row = el("details", {}, el("summary", {}, ...summary.flatMap((part) => [part, " "])));
  row.addEventListener("toggle", () => row.lastChild === row.firstChild && row.append(...links, fieldList(fields)));
  return row;
}

/** Show those fields of an object that have a value. */
function fieldList(fields) {
  const isFilled = (value) => value !== null && value !== "" && !(typeof value === "object" && Object.keys(value).length === 0);
  const parts = Object.entries(fields).filter(([, value]) => isFilled(value)).map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, typeof value === "object" ? el("pre", { tabindex: 0, role: "region", "aria-label": name }, JSON.stringify(value, null, 2)) : String(value))));
  return el("dl", { class: "fields" }, ...parts);
}

const strong = (text) => el("b", {}, text);
const soft = (text) => el("span", { class: "soft" }, text);
const link = (text, href) => el("a", { href, target: "_blank", rel: "noreferrer" }, text);
const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const coprQuery = (path, parameters) => `../api_3/${path}?${new URLSearchParams(parameters)}`;

/** Return the lists by name; `change` is called to read another page, and `showBuilds(text)` searches builds. */
export function makeLists(change, showBuilds) {
  const rowLinks = (search, json) => el("p", { class: "buttons" }, button("Builds", `Builds of ${search}`, () => showBuilds(search)), link("JSON", json));
  // The page fills it with the topics in the OpenAPI document.
  const topics = selectField("topic", "Topic", []);
  topics.id = "message-topic";
  const kinds = [
    {
      noun: "projects",
      title: "Projects",
      fields: [searchField("Owner or name")],
      key: JSON.stringify,
      row: (project) => {
        const { packages = [], ...others } = project;
        const { ownername, projectname, chroots = {} } = others;
        const name = `${ownername}/${projectname}`;
        const counts = `${counted(Object.keys(chroots).length, "chroot")}, ${counted(packages.length, "package")}`;
        return expandable([strong(name), soft(counts)], others, [rowLinks(name, coprQuery("project", { ownername, projectname }))]);
      },
    },
    {
      noun: "packages",
      title: "Packages",
      fields: [searchField("Package or project")],
      key: JSON.stringify,
      row: ({ project, package: item }) => {
        const [ownername, projectname] = project.split("/");
        const json = coprQuery("package", { ownername, projectname, packagename: item.name });
        return expandable([strong(item.name), soft(project)], item, [rowLinks(item.name, json)]);
      },
    },
    {
      noun: "requests",
      title: "Requests",
      fields: [searchField("Text in target or body")],
      latestFirst: true,
      key: ({ number, at }) => `${number} ${at}`,
      row: (request) => {
        const { number, at, method, target, status, states, build_states: builds, created_builds: created } = request;
        const isBad = status === 0 || status >= 400;
        const summary = [soft(timeOfDay(at)), el("b", { class: isBad ? "status bad" : "status" }, status || "no response"), strong(method), el("span", { class: "target" }, target)];
        const { json, form, files, error, headers, user, body_size, created_project, fault, matched, endpoint } = request;
        const fields = {
          number, time: utc(at), endpoint, user, error, fault, "matches something": matched ? "yes" : "no",
          "created builds": created.join(", "), "created project": created_project, headers,
          "body size": body_size || null, "body (JSON)": json, "body (form)": form, files, "states in the response": { ...builds, ...states },
        };
        return expandable(summary, fields, created.map((id) => button(`Build ${id}`, `Show build ${id}`, () => showBuilds(String(id)))));
      },
    },
    {
      noun: "messages",
      title: "Messages",
      fields: [searchField("Text in the body"), topics, el("input", { type: "number", min: 1, name: "build_id", "data-label": "Build" })],
      latestFirst: true,
      key: ({ number, time }) => `${number} ${time}`,
      row: ({ number, topic, time, body }) => expandable([soft(timeOfDay(time)), strong(topic), soft(`build ${body.build}, ${body.chroot}`)], { number, ...body }),
    },
  ];
  return Object.fromEntries(kinds.map((kind) => [kind.noun, new List(byId(`view-${kind.noun}`), kind, change)]));
}
