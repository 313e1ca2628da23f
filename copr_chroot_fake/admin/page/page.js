/* The page: poll and display the state of a world, and send the requests of its buttons. */

import { addBuild, addFault, addScenario, Choices, moveClock, submitBuild } from "./actions.js";
import { call, curl, messageOf, post, token } from "./api.js";
import { Builds } from "./builds.js";
import { byId, copyTo, el, setAttr, setText } from "./elements.js";
import { FormDialog } from "./forms.js";
import { makeLists } from "./lists.js";
import { attachMenu } from "./menus.js";
import { Journal, showClock, showFaults, showWorlds } from "./panels.js";
import { Polling } from "./polling.js";

/** Milliseconds. */
const POLL_INTERVAL = 500;
const RETRY_INTERVAL = 1000;

const [, root, world = ""] = location.pathname.match(/^(.*?)(?:\/(?:worlds\/|@)([^/]+))?\/_fake\/$/);
const place = { root, world: decodeURIComponent(world) };
const polling = new Polling(poll);
const forms = new FormDialog(send);
const page = { act, openForm: (form) => forms.open(form), refresh: () => polling.now(), choices: null };
const builds = new Builds(page);
const lists = makeLists(page.refresh, showBuilds);
const journal = new Journal();
let now = 0;

/** Send the request of an action, and show it with its result; return the problem, or null. */
async function send(name, request) {
  byId("last").hidden = false;
  setText(byId("last-name"), name);
  setText(byId("last-curl"), curl(request));
  try {
    await call(request);
    showMessage(`${name}: done.`, false);
    return null;
  } catch (problem) {
    return messageOf(problem);
  } finally {
    polling.now();
  }
}

/** Do what a button is for, and show the result. */
async function act(name, request) {
  pressed = document.activeElement;
  showMessage("", false);
  const problem = await send(name, request);
  if (problem !== null) showMessage(`${name}: ${problem}.`, true);
}

let pressed = null;

/** Show a message; success messages are for screen readers only. */
function showMessage(text, isProblem) {
  byId("message").parentNode.classList.toggle("problem", isProblem);
  byId("dismiss").hidden = !isProblem;
  setText(byId("message"), text);
}

/** Poll once; return the milliseconds until the next poll, or null to wait until polling is due. */
async function poll() {
  const shown = view();
  let overview, showList;
  try {
    overview = await builds.read(journal.after, shown === "builds");
    if (!journal.append(overview.requests)) {
      overview = await builds.read(0, shown === "builds");
      journal.append(overview.requests);
    }
    showList = await lists[shown]?.read();
    if (page.choices === null) await readChoices();
  } catch (problem) {
    if (problem.status === 401) return askForToken();
    showConnection(`${messageOf(problem)}; trying again.`, "lost");
    return RETRY_INTERVAL;
  }
  showConnection("live", "live");
  showPanels(overview);
  if (shown === "builds") builds.show(overview);
  showList?.();
  return POLL_INTERVAL;
}

function showPanels(overview) {
  now = overview.clock.now;
  showClock(overview.clock);
  showFaults(overview.faults, overview.total_faults, act);
  journal.show();
  showWorlds(overview.worlds, overview.total_worlds, place);
}

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
  polling.now();
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
  polling.now();
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
  if (document.body.dataset.connection === "live") page.openForm(form(page.choices));
});

for (const button of document.querySelectorAll("[data-tick]")) {
  button.addEventListener("click", () => changeClock(`Clock ${button.textContent}`, { tick: Number(button.dataset.tick) }));
}
on("pause", "click", () => changeClock(byId("pause").textContent, { paused: byId("pause").textContent === "Pause" }));
onForm("move-clock", () => moveClock(now));
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
on("reset", "click", () => {
  byId("confirm").returnValue = "";
  byId("confirm").showModal();
});
on("confirm", "close", () => byId("confirm").returnValue === "reset" && act("Reset", post("reset")));
onSubmit("token", () => {
  token.set(byId("token-field").value);
  byId("token-field").value = "";
  byId("token").hidden = true;
  polling.now();
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
polling.start();
