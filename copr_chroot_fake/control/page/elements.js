/* Finding, creating and updating elements. Data from the server becomes text or attributes, never markup. */

export const byId = (id) => document.getElementById(id);

const creator = (namespace) => (tag, attributes = {}, ...children) => {
  const node = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) setAttr(node, name, value);
  node.append(...children);
  return node;
};
export const el = creator("http://www.w3.org/1999/xhtml");
export const svg = creator("http://www.w3.org/2000/svg");

/** Set an attribute, or remove it if the value is null; an unchanged value is not set again. */
export function setAttr(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** Set the text; an unchanged text is not set again, so that screen readers do not repeat it. */
export function setText(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}

export function button(text, name, press) {
  const element = el("button", { type: "button", "aria-label": name }, text);
  element.addEventListener("click", press);
  return element;
}

/** Mark a button as enabled or not; it stays focusable, because pressing it shows why it is disabled. */
export function enable(button, isEnabled) {
  setAttr(button, "aria-disabled", isEnabled ? null : "true");
}

/** Let a button copy the text of an element; where pages may not do that, the text is only selected. */
export function copyTo(button, source) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(source);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      return;
    }
    setText(button, "Copied");
    setTimeout(() => setText(button, label), 1500);
  });
}

export function icon(state) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#icon-${state}` }));
}

const parts = new WeakMap();

/**
 * Update an element to have one child for each item, in the same order.
 *
 * `make` creates the part of an item, `{ node, update(item) }`. Parts of items whose
 * key existed before are kept, with their focus and scroll position.
 */
export function updateChildren(parent, items, key, make) {
  const before = parts.get(parent) ?? new Map();
  const now = new Map(items.map((item) => [key(item), before.get(key(item)) ?? make(item)]));
  parts.set(parent, now);
  for (const [old, part] of before) if (!now.has(old)) part.node.remove();
  let next = parent.firstChild;
  for (const item of items) {
    const { node, update } = now.get(key(item));
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
    update?.(item);
  }
}

/** Format a Unix time as date and time in UTC. */
export const utc = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");

export const timeOfDay = (seconds) => utc(seconds).slice(11);

export function duration(seconds) {
  const [d, h, min, s] = [seconds / 86400, (seconds / 3600) % 24, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const parts = [d && `${d} d`, h && `${h} h`, min && `${min} min`, s && `${s} s`].filter(Boolean);
  return parts.slice(0, 2).join(" ") || "0 s";
}
