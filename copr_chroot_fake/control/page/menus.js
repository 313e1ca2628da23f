/* Menus: popovers, which the browser closes on Escape and on clicks outside. */

import { button, el } from "./elements.js";

const GAP = 4;

/** Return a button and its menu; `items` returns the menu's buttons and links whenever it opens. */
export function menuButton(text, name, items) {
  const opener = el("button", { type: "button", "aria-label": name }, text);
  const menu = el("div", { class: "menu", popover: "auto", role: "group", "aria-label": name });
  menu.addEventListener("beforetoggle", ({ newState }) => newState === "open" && menu.replaceChildren(...items()));
  attachMenu(opener, menu);
  return [opener, menu];
}

/** Let a button open a menu beside it. */
export function attachMenu(opener, menu) {
  opener.popoverTargetElement = menu;
  menu.addEventListener("beforetoggle", (event) => {
    if (event.newState !== "open") return;
    if (opener.ariaDisabled === "true") event.preventDefault();
    else place(menu, opener.getBoundingClientRect());
  });
}

/** Return a button in a menu, which it closes first, so that the focus returns to the menu's button. */
export function menuItem(text, press) {
  const item = button(text, null, () => {
    item.closest(".menu").hidePopover();
    press();
  });
  return item;
}

export const menuLink = (text, href) => el("a", { href, target: "_blank", rel: "noreferrer" }, text);

/** Place a menu below or above its button, towards the side with more room. */
function place(menu, { left, right, top, bottom }) {
  const [isLeft, isBelow] = [left + right < innerWidth, top + bottom < innerHeight];
  Object.assign(menu.style, {
    left: isLeft ? `${Math.max(left, GAP)}px` : "auto",
    right: isLeft ? "auto" : `${Math.max(document.documentElement.clientWidth - right, GAP)}px`,
    top: isBelow ? `${bottom + GAP}px` : "auto",
    bottom: isBelow ? "auto" : `${innerHeight - top + GAP}px`,
    maxHeight: `${(isBelow ? innerHeight - bottom : top) - 3 * GAP}px`,
  });
}
