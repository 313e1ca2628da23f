/* When to read the server's state: after each event that it streams, while the page is visible. */

import { openStream } from "./api.js";

/** Milliseconds without a byte after which the server is considered lost; it sends a comment every 10 seconds. */
const MAX_SILENCE = 25_000;
/** Milliseconds between the end of a stream and the next one. */
const PAUSE = 200;

export class Updates {
  #connect;
  #read;
  #fail;
  #stream = null;
  #isDue = false;
  #isReading = false;
  #wake = () => {};

  /**
   * `connect` returns the path of the stream, and `read` reads the state once; both may throw. `fail` gets what they or
   * the stream have thrown, and returns the milliseconds until the next attempt, or null to wait for `now`.
   */
  constructor({ connect, read, fail }) {
    this.#connect = connect;
    this.#read = read;
    this.#fail = fail;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#stream?.abort() : this.now()));
  }

  /** Read the state now, or try to connect. */
  now() {
    this.#wake();
    if (this.#stream !== null) this.#update();
  }

  /** Follow the streams of the server, one after the other, forever. */
  async start() {
    for (;;) {
      const wait = document.hidden ? null : await this.#follow();
      await new Promise((resolve) => {
        this.#wake = resolve;
        if (wait !== null && !document.hidden) setTimeout(resolve, wait);
      });
    }
  }

  /** Follow one stream to its end; return the milliseconds until the next one. */
  async #follow() {
    this.#stream = new AbortController();
    const { signal } = this.#stream;
    try {
      for await (const _ of openStream(await this.#connect(), this.#stream, MAX_SILENCE)) this.#update();
      return PAUSE;
    } catch (problem) {
      return document.hidden ? null : this.#fail(signal.aborted ? signal.reason : problem);
    } finally {
      this.#stream = null;
    }
  }

  /** Read the state; once more if something changes meanwhile. A problem ends the stream. */
  async #update() {
    this.#isDue = true;
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#isDue) {
        this.#isDue = false;
        await this.#read();
      }
    } catch (problem) {
      this.#stream?.abort(problem);
    } finally {
      this.#isReading = false;
    }
  }
}
