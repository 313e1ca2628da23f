/* When to read the server's state: repeatedly while the page is visible. Events from the server could replace this. */

export class Polling {
  #poll;
  #wake = () => {};
  #isDue = false;

  /** `poll` reads the state once; it returns the milliseconds until the next time, or null to wait for `now`. */
  constructor(poll) {
    this.#poll = poll;
    document.addEventListener("visibilitychange", () => document.hidden || this.now());
  }

  now() {
    this.#isDue = true;
    this.#wake();
  }

  /** Poll forever, one poll after the other. */
  async start() {
    for (;;) {
      this.#isDue = false;
      const wait = await this.#poll();
      if (this.#isDue) continue;
      await new Promise((resolve) => {
        this.#wake = resolve;
        if (wait !== null && !document.hidden) setTimeout(resolve, wait);
      });
    }
  }
}
