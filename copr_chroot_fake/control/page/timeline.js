/* The timeline of a build: the states of each chroot over the time of the clock. */

import { duration, updateChildren, setAttr, setText, svg, timeOfDay, utc } from "./elements.js";
import { FINAL_STATES } from "./states.js";

const DAY = 86400;
const STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, DAY];
const [TICK_PIXELS, LETTER_PIXELS, ICON_PIXELS] = [84, 6.6, 10];

/**
 * Return the time span of a build's timeline, and its scale.
 *
 * The span extends to the current time while the build is not finished, unless its last
 * change was more than a day ago: that is a recording, whose few minutes would be
 * invisible beside the time since.
 */
export function spanOf(build, changes, now, pixels) {
  const stamped = build.chroots.flatMap((chroot) => [chroot.started_on, chroot.ended_on]);
  const times = [...stamped, ...changes.map((change) => change.at)].filter((time) => time !== null);
  const from = times.length ? Math.min(...times) : Math.floor(now) - 60;
  const last = times.length ? Math.max(...times) : now;
  const isOpen = !build.finished && now - last < DAY;
  const until = Math.max(isOpen ? now : last, last, from + 1);
  const to = until + (until - from) * 0.05;
  const share = (seconds) => `${((seconds / (to - from)) * 100).toFixed(3)}%`;
  return { from, to, now, open: isOpen ? until : to, share, pixel: (to - from) / pixels };
}

/**
 * Return the states of a chroot, each with start and end.
 *
 * Without known changes, the segment between its times has the color of the final state.
 */
export function segmentsOf({ state, started_on: started, ended_on: ended }, changes, span) {
  const times = started !== null && ended !== null ? [started, ended] : [ended ?? started ?? span.from];
  const guessed = state === "absent" ? [] : times.map((at) => ({ at, state }));
  const known = changes.length ? changes.toSorted((one, other) => one.at - other.at) : guessed;
  return known.map((change, index) => {
    const isLast = index === known.length - 1;
    const to = isLast ? Math.max(span.open, change.at) : known[index + 1].at;
    return { state: change.state, from: change.at, to, rests: isLast && FINAL_STATES.has(change.state) };
  });
}

/** Return an empty drawing, for a line or an axis. */
export function drawing(attributes) {
  return svg("svg", attributes, svg("g"), svg("line", { class: "now", y1: "0", y2: "100%" }));
}

/** Draw a chroot's line, with text or icons where they fit. */
export function drawLine(line, segments, span) {
  setAttr(line, "aria-label", segments.map(describe).join(", ") || "nothing yet");
  const drawn = segments.map(({ state, from, to, rests }, index) => {
    const room = rests ? 0 : (to - from) / span.pixel;
    const word = room > state.length * LETTER_PIXELS + 12 ? state : "";
    const mark = word || room < ICON_PIXELS + 4 ? "" : `#icon-${state}`;
    const hint = `${state}, from ${utc(from)}${rests ? "" : ` for ${duration(to - from)}`}`;
    const kind = `segment state-${state}${rests ? " rests" : ""}`;
    return { index, kind, x: span.share(from - span.from), width: span.share(to - from), word, mark, hint };
  });
  updateChildren(line.firstChild, drawn, (segment) => segment.index, segmentPart);
  drawNow(line, span);
}

function describe({ state, from, to, rests }) {
  return rests ? `${state} since ${timeOfDay(from)}` : `${state} for ${duration(to - from)}`;
}

function segmentPart() {
  const [bar, word, hint] = [svg("rect"), svg("text", { dx: 6, y: "50%" }), svg("title")];
  const size = { width: ICON_PIXELS, height: ICON_PIXELS };
  const mark = svg("use", { ...size, y: "50%", transform: `translate(3 ${-ICON_PIXELS / 2})` });
  const node = svg("g", {}, hint, bar, word, mark);
  const update = (segment) => {
    setAttr(node, "class", segment.kind);
    setAttr(bar, "width", segment.width);
    for (const placed of [bar, word, mark]) setAttr(placed, "x", segment.x);
    setAttr(mark, "href", segment.mark);
    setText(word, segment.word);
    setText(hint, segment.hint);
  };
  return { node, update };
}

/** Draw the axis with times above the lines. */
export function drawAxis(axis, span) {
  const most = (span.to - span.from) / span.pixel / TICK_PIXELS;
  const fits = (step) => (span.to - span.from) / step <= Math.max(2, most);
  const step = STEPS.find(fits) ?? DAY * Math.ceil((span.to - span.from) / DAY / Math.max(2, most));
  const clear = span.from <= span.now && span.now <= span.to ? span.now : span.to;
  const ticks = [];
  for (let time = Math.ceil(span.from / step) * step; time < span.to; time += step) {
    const word = step >= DAY ? utc(time).slice(0, 10) : timeOfDay(time).slice(0, step >= 60 ? 5 : 8);
    const hasRoom = (clear - time) / span.pixel > word.length * LETTER_PIXELS + 6;
    ticks.push({ time, x: span.share(time - span.from), word: hasRoom ? word : "" });
  }
  updateChildren(axis.firstChild, ticks, (tick) => tick.time, tickPart);
  drawNow(axis, span);
}

function tickPart() {
  const [mark, word] = [svg("line", { y1: "75%", y2: "100%" }), svg("text", { dx: 4, y: "50%" })];
  const update = (tick) => {
    for (const [node, name] of [[mark, "x1"], [mark, "x2"], [word, "x"]]) setAttr(node, name, tick.x);
    setText(word, tick.word);
  };
  return { node: svg("g", { class: "tick" }, mark, word), update };
}

function drawNow(drawing, { from, to, now, share }) {
  const line = drawing.lastChild;
  for (const name of ["x1", "x2"]) setAttr(line, name, share(now - from));
  setAttr(line, "display", from <= now && now <= to ? null : "none");
}
