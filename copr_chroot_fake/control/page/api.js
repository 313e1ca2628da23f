/* Requests to the server, and the equivalent curl commands. */

const TOKEN = "copr-chroot-fake token";
/** Milliseconds. */
const TIMEOUT = 10_000;

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const messageOf = (problem) => (problem instanceof ApiError ? problem.message : "The server is not reachable");

/** The control token of this tab. */
export const token = {
  get: () => sessionStorage.getItem(TOKEN),
  set: (text) => sessionStorage.setItem(TOKEN, text),
  remove: () => sessionStorage.removeItem(TOKEN),
};

/**
 * Send a request; return the document, or throw an `ApiError` with the server's message, or a network error.
 *
 * Its `path` is relative to the page, so that `../api_3/…` is the Copr of the same world. Requests to Copr have
 * a `login`, `login:token`; all others have the control token.
 */
export async function call({ path, method = "GET", body, login }) {
  const headers = authorization(login);
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (response.status === 204) return null;
  const document = await response.json().catch(() => null);
  if (!response.ok || document === null) throw errorOf(response, document);
  return document;
}

/**
 * Yield whenever the server has sent an event; throws like `call`.
 *
 * An `EventSource` could not send the token. `controller` ends the stream, and is aborted itself after `maxSilence`
 * milliseconds without a byte.
 */
export async function* openStream(path, controller, maxSilence) {
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(new Error("The server has sent nothing for too long")), maxSilence);
  };
  wait();
  try {
    const response = await fetch(path, { headers: authorization(), cache: "no-store", signal: controller.signal });
    if (!response.ok) throw errorOf(response, await response.json().catch(() => null));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      wait();
      const parts = (rest + piece.value).split("\n\n");
      rest = parts.pop();
      // Others are comments, which keep the connection alive.
      if (parts.some((part) => part.startsWith("data:"))) yield;
    }
  } finally {
    clearTimeout(timer);
  }
}

function authorization(login) {
  if (login) return { Authorization: `Basic ${btoa(login)}` };
  return token.get() === null ? {} : { Authorization: `Bearer ${token.get()}` };
}

/** A fault can replace a response of Copr by a page. */
const errorOf = ({ status }, document) => new ApiError(status, document?.error ?? `status ${status}, without JSON`);

/** Return the curl commands that send one or more requests; they read the control token from the environment. */
export const curl = (requests) => [requests].flat().map(command).join("\n");

function command({ path, method = "GET", body, login }) {
  const parts = ["curl"];
  if (method !== "GET") parts.push(`-X ${method}`);
  if (login) parts.push(`-u ${quoted(login)}`);
  else if (token.get() !== null) parts.push('-H "Authorization: Bearer $COPR_FAKE_CONTROL_TOKEN"');
  if (body !== undefined) parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  return [...parts, quoted(new URL(path, location).href)].join(" ");
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export const post = (path, body) => ({ method: "POST", path, body });
