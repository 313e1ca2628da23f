/* The actions that need more than a button: their forms and requests. */

import { post } from "./api.js";
import { FINAL_STATES } from "./states.js";

/** Names that the forms offer, from the OpenAPI document. */
export class Choices {
  #document;

  constructor(document) {
    this.#document = document;
    this.faults = this.#namesIn(this.#bodyOf("/faults"));
    this.scenarios = this.#namesIn(this.#bodyOf("/scenario"));
    this.topics = this.#namesIn(document.paths["/messages"].get.parameters.find(({ name }) => name === "topic").schema);
    this.lifecycles = this.#namesIn(this.#property("BuildSpec", "lifecycle"));
    this.states = this.#namesIn(this.#property("ReportBody", "state"));
  }

  /** Return the names that a property of a schema can have. */
  of(schema, property) {
    return this.#namesIn(this.#property(schema, property));
  }

  #bodyOf(path) {
    return this.#document.paths[path].post.requestBody.content["application/json"].schema;
  }

  #property(schema, name) {
    return this.#document.components.schemas[schema].properties[name];
  }

  #namesIn(schema) {
    const resolved = schema.$ref ? this.#document.components.schemas[schema.$ref.split("/").at(-1)] : schema;
    return resolved.enum?.filter((name) => name !== null) ?? resolved.anyOf?.map((each) => this.#namesIn(each)).find((names) => names.length) ?? [];
  }
}

export const addBuild = (choices) => ({
  title: "Add build",
  text: "A build that advances; omitted fields get plausible defaults.",
  verb: "Add build",
  fields: [
    { name: "chroots", label: "Chroots", type: "list", value: "fedora-43-x86_64", required: true, hint: "Separated by spaces." },
    { name: "package", label: "Package" },
    { name: "project", label: "Project", hint: "Such as jdoe/tools." },
    { name: "lifecycle", label: "Lifecycle", options: choices.lifecycles },
    { name: "id", label: "Id", type: "number", hint: "The next one by default." },
  ],
  request: (values) => post("builds", values),
});

export const addScenario = (choices) => ({
  title: "Add scenario",
  text: "Add a bundled scenario, or replace everything with it.",
  verb: "Add scenario",
  fields: [
    { name: "name", label: "Scenario", options: choices.scenarios, required: true },
    { name: "how", label: "How", options: ["add", "replace everything"], required: true },
  ],
  request: ({ name, how }) => ({ method: how === "add" ? "POST" : "PUT", path: "scenario", body: name }),
});

export const submitBuild = () => ({
  title: "Submit build",
  text: "A request to Copr, as its clients send it; the journal records it.",
  verb: "Submit build",
  fields: [
    { name: "project", label: "Project", value: "jdoe/playground", required: true, hint: "It must exist." },
    { name: "url", label: "URL of the source package", value: "https://example.org/hello-1.0-1.src.rpm", required: true },
    { name: "chroots", label: "Chroots", type: "list", hint: "Those of the project by default." },
    { name: "login", label: "Login and token", value: "login:token", required: true, hint: "Any, unless the fake has accounts." },
  ],
  request: ({ project = "", url, chroots, login }) => {
    const [ownername, projectname = ""] = project.split("/");
    return { ...post("../api_3/build/create/url", { ownername, projectname, pkgs: [url], chroots }), login };
  },
});

/** Items in the menu of a chroot, and in that of a build for each of its chroots for which they are possible. */
export const chrootActions = [
  {
    label: "Report failed",
    name: (whole) => `Report ${whole} failed`,
    isPossible: ({ state }) => !FINAL_STATES.has(state),
    request: (path) => post(`${path}/report`, { state: "failed" }),
  },
  { label: "Hold", name: (whole) => `Hold ${whole}`, isPossible: (chroot) => chroot.can_advance, request: (path) => post(`${path}/hold`) },
  {
    label: "Hold in a state…",
    name: (whole) => `Hold ${whole}`,
    isPossible: (chroot) => chroot.can_advance,
    form: (choices, whole, paths) => ({
      title: `Hold ${whole}`,
      text: "When a chroot reaches this state, it stays there until it is released.",
      verb: "Hold",
      fields: [{ name: "state", label: "State", options: choices.states, required: true }],
      request: (values) => paths.map((path) => post(`${path}/hold`, values)),
    }),
  },
  { label: "Release", name: (whole) => `Release ${whole}`, isPossible: (chroot) => chroot.held_in !== null, request: (path) => post(`${path}/release`) },
];

export const moveClock = (now) => ({
  title: "Move the clock",
  text: "The clock only moves forward.",
  verb: "Move the clock",
  fields: [{ name: "now", label: "Time in UTC", type: "datetime-local", required: true, value: new Date(now * 1000).toISOString().slice(0, 19) }],
  request: (values) => ({ method: "PATCH", path: "clock", body: values }),
});

const AMONG = ["first", "nth", "every", "probability"];

export const addFault = (choices) => ({
  title: "Add fault with parameters",
  text: "At least one of status, error, body, delay, dribble and breaks is required.",
  verb: "Add fault",
  fields: [
    { name: "endpoint", label: "Endpoint", options: choices.of("FaultObject", "endpoint"), hint: "All by default." },
    { name: "build_id", label: "Build", type: "number" },
    { name: "chrootname", label: "Chroot" },
    { name: "lasts", label: "Duration (seconds)", type: "number", hint: "Until it is removed by default." },
    { name: "after", label: "Matching requests to skip", type: "number", hint: "0 by default." },
    { name: "among", label: "Which matching requests fail", options: AMONG, hint: "All by default." },
    { name: "count", label: "Number or probability", type: "number", hint: "For the choice above; 1 by default." },
    { name: "status", label: "Status", type: "number" },
    { name: "error", label: "Copr's error", hint: "With a status from 400." },
    { name: "body", label: "Body", options: choices.of("FaultObject", "body") },
    { name: "delay", label: "Delay in seconds", type: "number" },
    { name: "dribble", label: "Dribble", type: "json", hint: 'Such as {"bytes": 100, "every": 0.5}.' },
    { name: "breaks", label: "Breaks", options: choices.of("FaultObject", "breaks") },
    { name: "seconds", label: "Seconds of refused connections", type: "number" },
  ],
  request: ({ among, count, ...fault }) => post("faults", among ? { ...fault, [among]: count ?? 1 } : fault),
});
