/* A dialog that asks for the fields of a request, and shows the equivalent curl command. */

import { curl } from "./api.js";
import { byId, copyTo, el, setText } from "./elements.js";

/** How the text of each type of field becomes a value. */
const VALUES = {
  number: Number,
  list: (text) => text.split(/[\s,]+/).filter(Boolean),
  json: JSON.parse,
  "datetime-local": (text) => Date.parse(`${text}Z`) / 1000,
};

/** Shows forms; `send(name, requests)` sends one or more requests, and returns the problem, or null. */
export class FormDialog {
  #send;
  #form = null;
  #dialog = byId("form");

  constructor(send) {
    this.#send = send;
    const element = byId("form-body");
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    element.addEventListener("input", () => this.#preview());
    byId("form-close").addEventListener("click", () => this.#dialog.close());
    copyTo(byId("form-copy"), byId("form-curl"));
  }

  /**
   * Open a form.
   *
   * A field has a `name`, a `label`, and optionally a `type`, a `value`, a `hint`, a list of `options`, and whether
   * it is `required`. `request(values)` returns one or more requests; fields that are empty have no value.
   */
  open(form) {
    this.#form = form;
    setText(byId("form-title"), form.title);
    setText(byId("form-text"), form.text ?? "");
    setText(byId("form-send"), form.verb);
    byId("form-fields").replaceChildren(...form.fields.map(fieldPart));
    this.#preview();
    this.#dialog.showModal();
  }

  /** Return the request with the current values; throws a `SyntaxError` for invalid JSON. */
  #request() {
    const values = {};
    for (const { name, type } of this.#form.fields) {
      const text = byId(`field-${name}`).value;
      if (text !== "") values[name] = VALUES[type]?.(text) ?? text;
    }
    return this.#form.request(values);
  }

  #preview() {
    setText(byId("form-problem"), "");
    try {
      setText(byId("form-curl"), curl(this.#request()));
    } catch (problem) {
      setText(byId("form-curl"), problem.message);
    }
  }

  async #submit() {
    let problem;
    try {
      problem = await this.#send(this.#form.title, this.#request());
    } catch (error) {
      problem = error.message;
    }
    if (problem === null) this.#dialog.close();
    else setText(byId("form-problem"), problem);
  }
}

function fieldPart({ name, label, type = "text", value = "", hint = "", options, required = false }) {
  const id = `field-${name}`;
  const attributes = { id, name, autocomplete: "off", required: required ? "" : null, "aria-describedby": hint ? `${id}-hint` : null };
  const control = options
    ? el("select", attributes, ...(required ? [] : [el("option", { value: "" }, "—")]), ...options.map((option) => el("option", {}, option)))
    : el("input", { ...attributes, ...inputOf(type) });
  if (value !== "") control.value = value;
  const parts = [el("label", { for: id }, label), control];
  return el("div", { class: "field" }, ...parts, ...(hint ? [el("p", { id: `${id}-hint`, class: "soft" }, hint)] : []));
}

function inputOf(type) {
  if (type === "number") return { type, step: "any" };
  return type === "datetime-local" ? { type, step: 1 } : { type: "text" };
}
