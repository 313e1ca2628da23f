/* Finding elements, making them, and keeping them. What the server says becomes text or an attribute, never markup. */

export const at = (id) => document.getElementById(id);

const making = (namespace) => (tag, attributes = {}, ...children) => {
  const node = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) put(node, name, value);
  node.append(...children);
  return node;
};
export const el = making("http://www.w3.org/1999/xhtml");
export const svg = making("http://www.w3.org/2000/svg");

/** Give an element an attribute, or take it away if it is null; one that is so already is not touched. */
export function put(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** Let an element have a text; a screen reader is not told of one that it has already. */
export function say(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}

export function button(text, name, press) {
  const made = el("button", { type: "button", "aria-label": name }, text);
  made.addEventListener("click", press);
  return made;
}

/** Show whether a button is of use; it stays reachable, since to press it is how to hear why it is not. */
export function enable(button, isOfUse) {
  put(button, "aria-disabled", isOfUse ? null : "true");
}

export function icon(state) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#icon-${state}` }));
}

const parts = new WeakMap();

/**
 * Let an element have one child for each item, in their order.
 *
 * `make` makes a part of an item, `{ node, update(item) }`. The part of an item
 * whose key was there before stays, and so does what is focused or scrolled in it.
 */
export function keep(parent, items, key, make) {
  const before = parts.get(parent) ?? new Map();
  const now = new Map(items.map((item) => [key(item), before.get(key(item)) ?? make(item)]));
  parts.set(parent, now);
  for (const [gone, part] of before) if (!now.has(gone)) part.node.remove();
  let next = parent.firstChild;
  for (const item of items) {
    const { node, update } = now.get(key(item));
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
    update?.(item);
  }
}

/** A Unix time as date and time of UTC. */
export const utc = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");

export const timeOfDay = (seconds) => utc(seconds).slice(11);

export function duration(seconds) {
  const [d, h, min, s] = [seconds / 86400, (seconds / 3600) % 24, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const parts = [d && `${d} d`, h && `${h} h`, min && `${min} min`, s && `${s} s`].filter(Boolean);
  return parts.slice(0, 2).join(" ") || "0 s";
}
