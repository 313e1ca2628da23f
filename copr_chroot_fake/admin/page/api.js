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
  const headers = {};
  if (login) headers.Authorization = `Basic ${btoa(login)}`;
  else if (token.get() !== null) headers.Authorization = `Bearer ${token.get()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (response.status === 204) return null;
  // A fault can replace a response of Copr by a page.
  const document = await response.json().catch(() => ({ error: `status ${response.status}, without JSON` }));
  if (!response.ok) throw new ApiError(response.status, document.error);
  return document;
}

/** Return the curl command that sends a request; it reads the control token from the environment. */
export function curl({ path, method = "GET", body, login }) {
  const parts = ["curl"];
  if (method !== "GET") parts.push(`-X ${method}`);
  if (login) parts.push(`-u ${quoted(login)}`);
  else if (token.get() !== null) parts.push('-H "Authorization: Bearer $COPR_FAKE_CONTROL_TOKEN"');
  if (body !== undefined) parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  return [...parts, quoted(new URL(path, location).href)].join(" ");
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export const post = (path, body) => ({ method: "POST", path, body });
