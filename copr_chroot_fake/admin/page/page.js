/* The page: it looks at the world twice a second, shows what there is, and does what its buttons say. */

import { Builds } from "./builds.js";
import { at, el, say } from "./elements.js";
import { Journal, showClock, showFaults, showWorlds } from "./panels.js";

const TOKEN = "copr-chroot-fake token";
const EVERY = 500;
const EVERY_UNANSWERED = 1000;
const PATIENCE = 10_000;

const [, root, world = ""] = location.pathname.match(/^(.*?)(?:\/(?:worlds\/|@)([^/]+))?\/_fake\/$/);
const place = { root, world: decodeURIComponent(world) };
const builds = new Builds((...call) => act(...call));
const journal = new Journal();

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Ask the control API; throws a `Refusal` with the server's words, or whatever keeps it from answering. */
async function ask(path, method = "GET", body = undefined) {
  const token = sessionStorage.getItem(TOKEN);
  const answer = await fetch(path, {
    method,
    headers: token === null ? {} : { Authorization: `Bearer ${token}` },
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE),
  });
  const document = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Refusal(answer.status, document.error);
  return document;
}

/** Do what a button says, and tell what became of it. */
async function act(name, path, method = "POST", body = undefined) {
  pressed = document.activeElement;
  tell("", false);
  try {
    await ask(path, method, body);
    tell(`${name}: done.`, false);
  } catch (problem) {
    tell(`${name}: ${inWords(problem)}.`, true);
  }
  lookNow();
}

function inWords(problem) {
  return problem instanceof Refusal ? problem.message : "The server cannot be reached";
}

/** Say it; what has gone well is only for those who cannot see it. */
function tell(text, isProblem) {
  at("said").parentNode.classList.toggle("problem", isProblem);
  at("heard").hidden = !isProblem;
  say(at("said"), text);
}

let pressed = null;
let wake = () => {};
let isWanted = false;

function lookNow() {
  isWanted = true;
  wake();
}

/** Look twice a second, one look after the other, as long as somebody can see it. */
async function keepLooking() {
  for (;;) {
    isWanted = false;
    const wait = await look();
    if (isWanted) continue;
    await new Promise((resolve) => {
      wake = resolve;
      if (wait !== null && !document.hidden) setTimeout(resolve, wait);
    });
  }
}

/** Look once; after how many milliseconds to look again, or null for when somebody says so. */
async function look() {
  let overview;
  try {
    overview = await ask(`overview?after=${journal.after}`);
    if (!journal.goesOn(overview.requests)) {
      overview = await ask("overview?after=0");
      journal.goesOn(overview.requests);
    }
    if (!at("fault-name").length) await readFaultNames();
  } catch (problem) {
    if (problem.status === 401) return askForToken();
    connected(`${inWords(problem)}; trying again.`, "lost");
    return EVERY_UNANSWERED;
  }
  show(overview);
  connected("live", "live");
  return EVERY;
}

function show(overview) {
  showClock(overview.clock);
  showFaults(overview.faults, overview.total_faults, act);
  journal.show();
  builds.show(overview);
  showWorlds(overview.worlds, overview.total_worlds, place);
}

function connected(text, how) {
  say(at("connection"), text);
  document.body.dataset.connection = how;
}

function askForToken() {
  at("token-why").textContent = sessionStorage.getItem(TOKEN) === null
    ? "This server is steered only by who has its control token."
    : "That is not this server's control token.";
  sessionStorage.removeItem(TOKEN);
  connected("A control token is needed.", "locked");
  at("token").hidden = false;
  at("token-field").focus();
  return null;
}

/** Take the token from the address, where it would be seen and kept. */
function takeToken() {
  const sent = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B")).get("token");
  if (sent === null) return;
  sessionStorage.setItem(TOKEN, sent);
  at("token").hidden = true;
  history.replaceState(null, "", location.pathname + location.search);
  lookNow();
}

/** The names of faults are where the server says what it takes. */
async function readFaultNames() {
  const { paths } = await ask("openapi.json");
  const choices = paths["/faults"].post.requestBody.content["application/json"].schema.anyOf;
  at("fault-name").append(...choices.find((choice) => choice.enum).enum.map((name) => el("option", {}, name)));
}

const on = (id, event, listener) => at(id).addEventListener(event, listener);
const onSubmit = (id, listener) => on(id, "submit", (event) => {
  event.preventDefault();
  listener();
});
const moveClock = (name, body) => act(name, "clock", "PATCH", body);

for (const button of document.querySelectorAll("[data-tick]")) {
  button.addEventListener("click", () => moveClock(`Clock ${button.textContent}`, { tick: Number(button.dataset.tick) }));
}
on("pause", "click", () => moveClock(at("pause").textContent, { paused: at("pause").textContent === "Pause" }));
onSubmit("running", () => moveClock("Set speed", { speed: at("speed").valueAsNumber }));
onSubmit("add-fault", () => act("Add fault", "faults", "POST", at("fault-name").value));
on("clear-faults", "click", () => {
  act("Clear all faults", "faults", "DELETE");
  at("fault-name").focus();
});
on("heard", "click", () => {
  tell("", false);
  pressed?.focus();
});
on("reset", "click", () => {
  at("confirm").returnValue = "";
  at("confirm").showModal();
});
on("confirm", "close", () => at("confirm").returnValue === "reset" && act("Reset", "reset"));
onSubmit("token", () => {
  sessionStorage.setItem(TOKEN, at("token-field").value);
  at("token-field").value = "";
  at("token").hidden = true;
  lookNow();
});
document.addEventListener("visibilitychange", () => document.hidden || lookNow());
window.addEventListener("hashchange", takeToken);

document.title = `${place.world || "main"} – copr-chroot-fake`;
takeToken();
keepLooking();
