/* The page: display the state of a world, and send the requests of its buttons. */

import { addBuild, addFault, addScenario, Choices, moveClock, submitBuild } from "./actions.js";
import { call, curl, messageOf, post, token } from "./api.js";
import { Builds } from "./builds.js";
import { byId, copyTo, el, setAttr, setText } from "./elements.js";
import { FormDialog } from "./forms.js";
import { makeLists } from "./lists.js";
import { attachMenu } from "./menus.js";
import { Journal, showClock, showFaults, showWorlds } from "./panels.js";
import { Updates } from "./updates.js";

/** Milliseconds. */
const RETRY_INTERVAL = 1000;
const CLOCK_INTERVAL = 500;

const [, root, world = ""] = location.pathname.match(/^(.*?)(?:\/(?:worlds\/|@)([^/]+))?\/_fake\/$/);
const place = { root, world: decodeURIComponent(world) };
const updates = new Updates({ connect, read, fail });
const forms = new FormDialog(send);
const page = { act, confirm, openForm: (form) => forms.open(form), refresh: () => updates.now(), choices: null };
const builds = new Builds(page);
const lists = makeLists(page.refresh, showBuilds);
const journal = new Journal();
/** The overview as it was last read, and when, in milliseconds. */
let latest = null;
let readAt = 0;
let wasConnected = false;

/** Send one or more requests of an action, and show them with their result; return the first problem, or null. */
async function send(name, requests) {
  byId("last").hidden = false;
  setText(byId("last-name"), name);
  setText(byId("last-curl"), curl(requests));
  const all = [requests].flat();
  if (all.length === 0) return "This is not possible in the state of any chroot";
  const problems = [];
  for (const request of all) {
    await call(request).catch((problem) => problems.push(messageOf(problem)));
  }
  updates.now();
  if (problems.length) return problems[0];
  showMessage(`${name}: done.`, false);
  return null;
}

/** Do what a button is for, and show the result. */
async function act(name, requests) {
  pressed = document.activeElement;
  showMessage("", false);
  const problem = await send(name, requests);
  if (problem !== null) showMessage(`${name}: ${problem}.`, true);
}

let pressed = null;

/** Do what a button is for, if the user confirms it. */
function confirm({ title, text, verb, name, request }) {
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  setText(byId("confirm-send"), verb);
  const dialog = byId("confirm");
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue && act(name, request), { once: true });
  dialog.showModal();
}

/** Show a message; success messages are for screen readers only. */
function showMessage(text, isProblem) {
  byId("message").parentNode.classList.toggle("problem", isProblem);
  byId("dismiss").hidden = !isProblem;
  setText(byId("message"), text);
}

/** Return the path of the event stream. Following it again must not create a world that was deleted meanwhile. */
async function connect() {
  if (wasConnected && place.world) await call({ path: `${root}/_fake/worlds/${encodeURIComponent(place.world)}` });
  return "events";
}

/** Read the state of the world, and show it. */
async function read() {
  const current = view();
  let overview = await builds.read(journal.after, current === "builds");
  if (!journal.append(overview.requests)) {
    overview = await builds.read(0, current === "builds");
    journal.append(overview.requests);
  }
  const showList = await lists[current]?.read();
  if (page.choices === null) await readChoices();
  wasConnected = true;
  [latest, readAt] = [overview, performance.now()];
  showConnection("live", "live");
  showFaults(overview.faults, overview.total_faults, act);
  journal.show();
  showWorlds(overview.worlds, overview.total_worlds, place);
  if (current === "builds") builds.show(overview);
  showList?.();
  showClock(overview.clock);
}

/** Show the time, and the timelines until then; the clock continues between two events. */
function showTime() {
  const clock = { ...latest.clock, now: now() };
  showClock(clock);
  if (view() === "builds") builds.draw(clock.now);
}

/** The time of the world's clock. */
function now() {
  const { now: last, speed, paused } = latest.clock;
  return paused ? last : last + ((performance.now() - readAt) / 1000) * speed;
}

/** Show that the state cannot be read; return the milliseconds until the next attempt, or null to wait for the token. */
function fail(problem) {
  if (problem.status === 401) return askForToken();
  showConnection(`${messageOf(problem)}; trying again.`, "lost");
  return RETRY_INTERVAL;
}

const isLive = () => document.body.dataset.connection === "live";

/** Show whether the server responds; without it, no button works. */
function showConnection(text, how) {
  setText(byId("connection"), text);
  if (document.body.dataset.connection === how) return;
  document.body.dataset.connection = how;
  for (const button of document.querySelectorAll(".top > .buttons button, main button:not(#last-copy), #form-send")) {
    setAttr(button, "aria-disabled", how === "live" ? null : "true");
  }
}

function askForToken() {
  byId("token-why").textContent = token.get() === null ? "This server requires a control token." : "The control token is wrong.";
  token.remove();
  showConnection("Control token required.", "locked");
  byId("token").hidden = false;
  byId("token-field").focus();
  return null;
}

/** Move the token from the URL, where it would be visible and stored in the history, to this tab. */
function takeToken() {
  const sent = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B")).get("token");
  if (sent === null) return;
  token.set(sent);
  byId("token").hidden = true;
  history.replaceState(null, "", location.pathname + location.search);
  updates.now();
}

async function readChoices() {
  page.choices = new Choices(await call({ path: "openapi.json" }));
  for (const [id, names] of [["fault-name", page.choices.faults], ["message-topic", page.choices.topics]]) {
    byId(id).append(...names.map((name) => el("option", {}, name)));
  }
}

/** The name of the current view, which the URL has after `#`. */
function view() {
  const name = location.hash.slice(1);
  return name in lists ? name : "builds";
}

function showView() {
  for (const name of ["builds", ...Object.keys(lists)]) byId(`view-${name}`).hidden = name !== view();
  for (const link of document.querySelectorAll(".tabs a")) setAttr(link, "aria-current", link.hash === `#${view()}` ? "page" : null);
  updates.now();
}

/** Show the builds that contain a text. */
function showBuilds(text) {
  location.hash = "builds";
  builds.search(text);
}

const on = (id, event, listener) => byId(id).addEventListener(event, listener);
const onSubmit = (id, listener) => on(id, "submit", (event) => {
  event.preventDefault();
  listener();
});
const changeClock = (name, body) => act(name, { method: "PATCH", path: "clock", body });
const onForm = (id, form) => on(id, "click", () => {
  if (isLive()) page.openForm(form(page.choices));
});

for (const button of document.querySelectorAll("[data-tick]")) {
  button.addEventListener("click", () => changeClock(`Clock ${button.textContent}`, { tick: Number(button.dataset.tick) }));
}
for (const button of document.querySelectorAll("[data-jump]")) {
  button.addEventListener("click", () => byId(button.dataset.jump).scrollIntoView());
}
on("pause", "click", () => changeClock(byId("pause").textContent, { paused: byId("pause").textContent === "Pause" }));
onForm("move-clock", () => moveClock(now()));
onSubmit("running", () => changeClock("Set speed", { speed: byId("speed").valueAsNumber }));
onSubmit("add-fault", () => act("Add fault", post("faults", byId("fault-name").value)));
onForm("other-fault", addFault);
on("clear-faults", "click", () => {
  act("Clear all faults", { method: "DELETE", path: "faults" });
  byId("fault-name").focus();
});
onForm("add-build", addBuild);
onForm("submit-build", submitBuild);
onForm("add-scenario", addScenario);
on("dismiss", "click", () => {
  showMessage("", false);
  pressed?.focus();
});
on("reset", "click", () => confirm({
  title: "Reset this world?",
  text: "This restores the initial state and discards all changes and snapshots.",
  verb: "Reset",
  name: "Reset",
  request: post("reset"),
}));
onSubmit("token", () => {
  token.set(byId("token-field").value);
  byId("token-field").value = "";
  byId("token").hidden = true;
  updates.now();
});
window.addEventListener("hashchange", () => {
  takeToken();
  showView();
});

document.title = `${place.world || "main"} – copr-chroot-fake`;
attachMenu(byId("world-menu"), byId("world-list"));
copyTo(byId("last-copy"), byId("last-curl"));
takeToken();
showView();
setInterval(() => isLive() && !latest.clock.paused && !document.hidden && showTime(), CLOCK_INTERVAL);
updates.start();
