/* The page: poll the overview twice a second, display it, and send control calls for its buttons. */

import { Builds } from "./builds.js";
import { byId, el, setText } from "./elements.js";
import { Journal, showClock, showFaults, showWorlds } from "./panels.js";

const TOKEN = "copr-chroot-fake token";
/** Milliseconds. */
const POLL_INTERVAL = 500;
const RETRY_INTERVAL = 1000;
const TIMEOUT = 10_000;

const [, root, world = ""] = location.pathname.match(/^(.*?)(?:\/(?:worlds\/|@)([^/]+))?\/_fake\/$/);
const place = { root, world: decodeURIComponent(world) };
const builds = new Builds((...call) => act(...call));
const journal = new Journal();

class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Send a control call; throws an `ApiError` with the server's message, or a network error. */
async function call(path, method = "GET", body = undefined) {
  const token = sessionStorage.getItem(TOKEN);
  const response = await fetch(path, {
    method,
    headers: token === null ? {} : { Authorization: `Bearer ${token}` },
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const document = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new ApiError(response.status, document.error);
  return document;
}

/** Send the control call of a button, and show the result. */
async function act(name, path, method = "POST", body = undefined) {
  pressed = document.activeElement;
  showMessage("", false);
  try {
    await call(path, method, body);
    showMessage(`${name}: done.`, false);
  } catch (problem) {
    showMessage(`${name}: ${messageOf(problem)}.`, true);
  }
  pollNow();
}

function messageOf(problem) {
  return problem instanceof ApiError ? problem.message : "The server is not reachable";
}

/** Show a message; success messages are for screen readers only. */
function showMessage(text, isProblem) {
  byId("message").parentNode.classList.toggle("problem", isProblem);
  byId("dismiss").hidden = !isProblem;
  setText(byId("message"), text);
}

let pressed = null;
let wake = () => {};
let isPollDue = false;

function pollNow() {
  isPollDue = true;
  wake();
}

/** Poll twice a second, one poll after the other, while the page is visible. */
async function pollForever() {
  for (;;) {
    isPollDue = false;
    const wait = await poll();
    if (isPollDue) continue;
    await new Promise((resolve) => {
      wake = resolve;
      if (wait !== null && !document.hidden) setTimeout(resolve, wait);
    });
  }
}

/** Poll once; return the milliseconds until the next poll, or null to wait for `pollNow`. */
async function poll() {
  let overview;
  try {
    overview = await call(`overview?after=${journal.after}`);
    if (!journal.append(overview.requests)) {
      overview = await call("overview?after=0");
      journal.append(overview.requests);
    }
    if (!byId("fault-name").length) await readFaultNames();
  } catch (problem) {
    if (problem.status === 401) return askForToken();
    showConnection(`${messageOf(problem)}; trying again.`, "lost");
    return RETRY_INTERVAL;
  }
  show(overview);
  showConnection("live", "live");
  return POLL_INTERVAL;
}

function show(overview) {
  showClock(overview.clock);
  showFaults(overview.faults, overview.total_faults, act);
  journal.show();
  builds.show(overview);
  showWorlds(overview.worlds, overview.total_worlds, place);
}

function showConnection(text, how) {
  setText(byId("connection"), text);
  document.body.dataset.connection = how;
}

function askForToken() {
  byId("token-why").textContent = sessionStorage.getItem(TOKEN) === null
    ? "This server requires a control token."
    : "The control token is wrong.";
  sessionStorage.removeItem(TOKEN);
  showConnection("Control token required.", "locked");
  byId("token").hidden = false;
  byId("token-field").focus();
  return null;
}

/** Move the token from the URL, where it would be visible and stored in the history, to this tab. */
function takeToken() {
  const sent = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B")).get("token");
  if (sent === null) return;
  sessionStorage.setItem(TOKEN, sent);
  byId("token").hidden = true;
  history.replaceState(null, "", location.pathname + location.search);
  pollNow();
}

/** Read the names of faults from the OpenAPI document. */
async function readFaultNames() {
  const { paths } = await call("openapi.json");
  const choices = paths["/faults"].post.requestBody.content["application/json"].schema.anyOf;
  byId("fault-name").append(...choices.find((choice) => choice.enum).enum.map((name) => el("option", {}, name)));
}

const on = (id, event, listener) => byId(id).addEventListener(event, listener);
const onSubmit = (id, listener) => on(id, "submit", (event) => {
  event.preventDefault();
  listener();
});
const moveClock = (name, body) => act(name, "clock", "PATCH", body);

for (const button of document.querySelectorAll("[data-tick]")) {
  button.addEventListener("click", () => moveClock(`Clock ${button.textContent}`, { tick: Number(button.dataset.tick) }));
}
on("pause", "click", () => moveClock(byId("pause").textContent, { paused: byId("pause").textContent === "Pause" }));
onSubmit("running", () => moveClock("Set speed", { speed: byId("speed").valueAsNumber }));
onSubmit("add-fault", () => act("Add fault", "faults", "POST", byId("fault-name").value));
on("clear-faults", "click", () => {
  act("Clear all faults", "faults", "DELETE");
  byId("fault-name").focus();
});
on("dismiss", "click", () => {
  showMessage("", false);
  pressed?.focus();
});
on("reset", "click", () => {
  byId("confirm").returnValue = "";
  byId("confirm").showModal();
});
on("confirm", "close", () => byId("confirm").returnValue === "reset" && act("Reset", "reset"));
onSubmit("token", () => {
  sessionStorage.setItem(TOKEN, byId("token-field").value);
  byId("token-field").value = "";
  byId("token").hidden = true;
  pollNow();
});
document.addEventListener("visibilitychange", () => document.hidden || pollNow());
window.addEventListener("hashchange", takeToken);

document.title = `${place.world || "main"} – copr-chroot-fake`;
takeToken();
pollForever();
