"use strict";
(() => {
// Outcomes as columns of cells. A cell is null where there is none, ["None"] for None, a truth value, text, a number, or
// [text, number] for a number that JSON cannot hold exactly; each column holds its different cells once, and a code for each row.
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const count = data.count, rows = Array.from({length: count}, (_, row) => row);
const make = (tag, props, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};
const draw = (tag, attributes, text = "") => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
};
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const grouped = (number) => number.toLocaleString("en");
const cut = (text, most) => text.length > most ? text.slice(0, most - 1) + "…" : text;
const short = (number) => String(Number.isInteger(number) && Math.abs(number) < 1e15 ? number : Number(number.toPrecision(5)));

// --- columns ---
const isNone = (cell) => Array.isArray(cell) && cell.length === 1;
const isNumber = (cell) => typeof cell === "number" || (Array.isArray(cell) && cell.length === 2);
const numberOf = (cell) => typeof cell === "number" ? cell : isNumber(cell) && cell[1] !== null ? cell[1] : NaN;
const WORDS = new Map([[null, ""], [true, "True"], [false, "False"]]);
const textOf = (cell) => WORDS.get(cell) ?? (Array.isArray(cell) ? cell[0] : String(cell));
const HUGE = 1.7e308, collator = new Intl.Collator("en", {numeric: true});

function ranked(column) {
  const group = (code) => column.cells[code] === null || (isNumber(column.cells[code]) && isNaN(column.numbers[code])) ? 3
    : isNumber(column.cells[code]) ? 0 : typeof column.cells[code] === "boolean" ? 1 : isNone(column.cells[code]) ? 2.5 : 2;
  const compare = (a, b) => group(a) - group(b)
    || (group(a) === 0 ? column.numbers[a] - column.numbers[b] : collator.compare(column.texts[a], column.texts[b]));
  const ranks = [];
  column.cells.map((_, code) => code).sort(compare).forEach((code, at, sorted) => {
    ranks[code] = group(code) === 3 ? Infinity : at && !compare(sorted[at - 1], code) ? ranks[sorted[at - 1]] : at;
  });
  return ranks;
}

function prepared(raw) {
  const column = {...raw, codes: raw.codes || rows, texts: raw.cells.map(textOf), numbers: raw.cells.map(numberOf), test: null};
  const there = raw.cells.filter((cell) => cell !== null), known = there.filter((cell) => !isNone(cell));
  column.levels = there.length;
  column.numeric = known.length > 0 && known.every(isNumber);
  const finite = column.numbers.filter((number) => Math.abs(number) < HUGE);
  column.low = finite.reduce((a, b) => Math.min(a, b), Infinity);
  column.high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  column.log = column.low > 0 && column.high / column.low >= 100;
  column.ranks = null;
  return column;
}
const columns = data.columns.map(prepared);
const cellText = (column, row) => column.texts[column.codes[row]];
const isAbsent = (column, row) => column.cells[column.codes[row]] === null;
const okay = columns.find((column) => column.name === "ok" && column.role === "run");
const bad = (row) => okay.cells[okay.codes[row]] === false;
const at = (column, number) => {
  if (isNaN(number)) return NaN;
  const {low, high, log} = column, near = Math.max(low, Math.min(high, number));
  return low === high ? 0.5 : log ? Math.log(near / low) / Math.log(high / low) : near / (high - low) - low / (high - low);
};

// --- filters ---
function parsed(text, column) {
  const asked = text.trim(), lower = asked.toLowerCase();
  if (!asked) return null;
  const number = (part) => part.trim() === "" ? NaN : Number(part);
  const span = /^(.*?)\.\.(.*)$/.exec(asked);
  if (span && (span[1] || span[2]) && [span[1], span[2]].every((end) => !end.trim() || !isNaN(number(end)))) {
    const low = span[1].trim() ? number(span[1]) : -Infinity, high = span[2].trim() ? number(span[2]) : Infinity;
    return (code) => column.numbers[code] >= low && column.numbers[code] <= high;
  }
  const [, sign, rest] = /^(>=|<=|!=|>|<|=|!)?(.*)$/s.exec(asked), value = number(rest), word = rest.trim();
  const exact = (code) => column.texts[code] === word || (typeof column.cells[code] === "number" && column.numbers[code] === value);
  if (sign === "=") return exact;
  if (sign === "!=") return (code) => !exact(code);
  if (sign === "!") return (code) => !column.texts[code].toLowerCase().includes(word.toLowerCase());
  if (!sign) return (code) => column.texts[code].toLowerCase().includes(lower);
  if (isNaN(value)) return undefined;
  const holds = {">": (n) => n > value, "<": (n) => n < value, ">=": (n) => n >= value, "<=": (n) => n <= value}[sign];
  return (code) => holds(column.numbers[code]);
}

// --- what is shown ---
let shown = rows, sorts = [], hot = -1, passes = new Uint8Array(count).fill(1);

function order(a, b) {
  for (const {column, down} of sorts) {
    const x = column.ranks[column.codes[a]], y = column.ranks[column.codes[b]];
    if (x !== y) return x === Infinity ? 1 : y === Infinity ? -1 : down ? y - x : x - y;
  }
  return a - b;
}

function refresh() {
  const tests = columns.filter((column) => column.test).map((column) => [column, column.test]);
  const masks = [...tests, ...axes.filter(isBrushed).map((axis) => [axis.column, brushTest(axis)])]
    .map(([column, test]) => [column.codes, column.cells.map((_, code) => test(code))]);
  passes = Uint8Array.from(rows, (row) => masks.every(([codes, mask]) => mask[codes[row]]));
  shown = rows.filter((row) => passes[row]);
  if (sorts.length) shown.sort(order);
  const failed = (list) => list.reduce((sum, row) => sum + bad(row), 0);
  const tell = (list) => [make("b", {}, grouped(list.length)), list.length === 1 ? " outcome" : " outcomes",
    ...(failed(list) ? [", ", make("span", {className: "failed"}, `${grouped(failed(list))} failed`)] : [])];
  $("counts").replaceChildren(...tell(rows), ...(shown.length < count ? [" · showing ", ...tell(shown)] : []));
  $("reset").disabled = !masks.length;
  $("none").hidden = shown.length > 0;
  $("scroll").scrollTop = Math.min($("scroll").scrollTop, shown.length * HEIGHT);
  drawTable();
  drawLines();
}

// --- the table ---
const HEIGHT = 30, listed = columns.filter((column) => column.show);

function head() {
  const halves = (name) => /^(.*\.)?([^.]+)$/.exec(name)?.slice(1) || ["", name];
  const lengths = (c) => [Math.ceil(halves(c.name)[1].length * 1.15) + 3, (halves(c.name)[0] || "").length - 1, 7,
    ...c.texts.slice(0, 300).map((text) => Math.min(text.length, c.numeric ? 10 : 34) + 2)];
  const wide = (c) => Math.min(34, Math.max(...lengths(c)));
  $("widths").replaceChildren(...listed.map((c) => { const col = make("col"); col.style.width = `${wide(c) + 1}ch`; return col; }));
  $("table").style.width = `${listed.reduce((sum, c) => sum + wide(c) + 1, 0)}ch`;
  const names = make("tr", {}), filters = make("tr", {className: "filters"});
  for (const column of listed) {
    const [first, last] = halves(column.name);
    const button = make("button", {type: "button", title: column.name}, last, make("span"));
    if (first) button.prepend(make("small", {}, first));
    button.onclick = (event) => sortBy(column, event.shiftKey);
    column.head = make("th", {scope: "col", className: column.numeric ? "number" : ""}, button);
    column.input = make("input", {type: "search", placeholder: "filter", spellcheck: false});
    column.input.setAttribute("aria-label", `filter ${column.name}`);
    column.input.oninput = () => filterBy(column);
    names.append(column.head);
    filters.append(make("th", {}, column.input));
  }
  $("head").replaceChildren(names, filters);
}

function filterBy(column) {
  const test = parsed(column.input.value, column);
  column.input.setAttribute("aria-invalid", test === undefined);
  column.input.title = test === undefined ? "a number follows this sign" : "";
  column.test = test || null;
  refresh();
}

function sortBy(column, more) {
  column.ranks = column.ranks || ranked(column);
  const now = sorts.find((sort) => sort.column === column);
  if (!more) sorts = now && sorts.length === 1 ? sorts : [];
  if (!now || !sorts.includes(now)) sorts.push({column, down: false});
  else if (!now.down) now.down = true;
  else sorts = sorts.filter((sort) => sort !== now);
  for (const each of listed) {
    const place = sorts.findIndex((sort) => sort.column === each), sort = sorts[place];
    each.head.setAttribute("aria-sort", sort ? sort.down ? "descending" : "ascending" : "none");
    each.head.querySelector("span").textContent = sort ? (sort.down ? " ↓" : " ↑") + (sorts.length > 1 ? place + 1 : "") : "";
  }
  shown.sort(order);
  drawTable();
}

function cell(column, row) {
  const absent = isAbsent(column, row), text = cellText(column, row), value = column.cells[column.codes[row]];
  const td = make("td", {className: (column.numeric ? "number" : "") + (absent ? " absent" : "")});
  td.textContent = absent ? "–" : typeof value === "number" ? short(value) : cut(text, 200);
  if (td.textContent !== text || text.length > 20) td.title = cut(text, 2000);
  return td;
}

function line(row, place) {
  const tr = make("tr", {className: `row${bad(row) ? " bad" : ""}${row === hot ? " hot" : ""}`}, ...listed.map((c) => cell(c, row)));
  tr.dataset.row = row;
  tr.setAttribute("aria-rowindex", place + 3);
  return tr;
}

function space(many) {
  const td = make("td", {colSpan: listed.length || 1});
  td.style.height = `${many * HEIGHT}px`;
  return make("tr", {className: "space", ariaHidden: "true"}, td);
}

function drawTable() {
  const scroll = $("scroll"), first = Math.max(0, Math.floor(scroll.scrollTop / HEIGHT) - 8) & ~1;
  const last = Math.min(shown.length, first + Math.ceil(scroll.clientHeight / HEIGHT) + 20);
  const lines = [];
  for (let place = first; place < last; place++) lines.push(line(shown[place], place));
  $("body").replaceChildren(space(first), ...lines, space(shown.length - last));
  $("table").setAttribute("aria-rowcount", shown.length + 2);
}

function heat(row, reveal) {
  if (row === hot) return;
  hot = row;
  if (reveal && row >= 0) {
    const scroll = $("scroll"), top = shown.indexOf(row) * HEIGHT, room = scroll.clientHeight - $("head").offsetHeight - HEIGHT;
    if (top < scroll.scrollTop || top > scroll.scrollTop + room) scroll.scrollTop = Math.max(0, top - room / 2);
    drawTable();
  }
  for (const tr of $("body").querySelectorAll(".row")) tr.classList.toggle("hot", Number(tr.dataset.row) === row);
  drawHot();
}

// --- everything about one outcome ---
function open(row) {
  const list = (role) => {
    const found = columns.filter((c) => c.role === role && !isAbsent(c, row) && c.name !== "error");
    return make("dl", {}, ...found.flatMap((c) => [make("dt", {}, c.name), make("dd", {}, cellText(c, row))]));
  };
  const text = (name) => cellText(columns.find((c) => c.name === name && c.role !== "config"), row);
  $("detail-title").textContent = `Outcome ${text("index")}`;
  $("detail-body").replaceChildren(
    ...(bad(row)
      ? [make("h3", {}, "Error"), make("p", {className: "error"}, text("error")), make("pre", {}, text("traceback"))]
      : [make("h3", {}, "Result"), list("result")]),
    make("h3", {}, "Configuration"), list("config"), make("h3", {}, "Run"), list("run"));
  $("detail").showModal();
}

// --- colours ---
const RAMP = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142],
  [31, 158, 137], [53, 183, 121], [110, 206, 88], [181, 222, 43], [253, 231, 37]];
const HUES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#a6761d", "#66a61e", "#7f7f7f"];
let dark, ink, painted;

function ramp(t) {  // the ends that would vanish on this background are left out
  const place = (dark ? 0.28 + 0.72 * t : 0.88 * t) * (RAMP.length - 1), k = Math.min(Math.floor(place), RAMP.length - 2);
  return `rgb(${RAMP[k].map((from, i) => Math.round(from + (RAMP[k + 1][i] - from) * (place - k)))})`;
}

function paint() {
  dark = matchMedia("(prefers-color-scheme: dark)").matches;
  ink = {fail: style("--fail"), ghost: style("--ghost"), quiet: style("--quiet"), text: style("--text")};
  const column = columns[$("colour").value];
  if (!column) { painted = () => ink.quiet; return; }
  const tints = column.cells.map((value, code) => value === null ? ink.quiet : column.numeric
    ? isNaN(column.numbers[code]) ? ink.quiet : ramp(at(column, column.numbers[code])) : HUES[code % HUES.length]);
  painted = (row) => bad(row) ? ink.fail : tints[column.codes[row]];
  const swatch = (colour, text) => {
    const square = make("i");
    square.style.background = colour;
    return make("span", {}, square, cut(text, 24));
  };
  const bar = make("i", {className: "ramp"});
  bar.style.background = `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map(ramp)})`;
  const named = () => column.texts.map((text, code) => column.cells[code] === null ? null : swatch(tints[code], text));
  const scale = () => isFinite(column.low) ? [short(column.low), bar, short(column.high)] : [];
  const parts = column.numeric ? scale() : named().filter(Boolean).slice(0, 8);
  $("legend").replaceChildren(...parts, ...(rows.some(bad) ? [swatch(ink.fail, "failed")] : []));
}

// --- parallel coordinates ---
const TOP = 46, SIDE = 76, MOST = 60;
// What has no place on a scale of numbers stands below it, each kind on a line of its own.
const BELOW = new Map([[-1, "nan"], [-2, "None"], [-3, "absent"]]);
let FOOT = 44, below = [];
let axes = [], left = SIDE, width = 0, height = 0, job = 0;
const isBrushed = (axis) => axis.brush !== null || axis.picks.size > 0;
const brushTest = (axis) => axis.picks.size ? (code) => axis.picks.has(code)
  : (code) => axis.place[code] >= axis.brush[0] - 1e-9 && axis.place[code] <= axis.brush[1] + 1e-9;
const y = (place) => TOP + (1 - place) * (height - TOP - FOOT);
const ground = (place) => height - FOOT + 26 + 16 * below.indexOf(place);
const heightOf = (axis, row) => { const place = axis.place[axis.column.codes[row]]; return place < 0 ? ground(place) : y(place); };

function axisOf(column) {
  let known = 0;
  const middle = (k) => column.levels === 1 ? 0.5 : 1 - k / (column.levels - 1);
  const onScale = (value, code) => isNone(value) ? -2 : isNaN(column.numbers[code]) ? -1 : at(column, column.numbers[code]);
  const place = column.cells.map((value, code) => value === null ? -3 : column.numeric ? onScale(value, code) : middle(known++));
  return {column, place, x: 0, brush: null, picks: new Set()};
}

function ticks(axis) {
  const {column, place} = axis;
  if (!column.numeric || column.levels <= 8) {
    const name = (code) => column.numeric ? short(column.numbers[code]) : cut(column.texts[code], 16);
    const found = place.map((p, code) => [p, name(code), code]).filter(([p]) => p >= 0).sort((a, b) => a[0] - b[0]);
    const room = 13 / (height - TOP - FOOT);
    let last = -1;
    return found.filter(([p]) => !column.numeric || (p - last > room && ((last = p), true)));
  }
  const {low, high} = column, span = high - low, unit = 10 ** Math.floor(Math.log10(span / 5));
  const step = [1, 2, 5, 10].map((k) => k * unit).find((s) => span / s <= 6);
  const marks = column.log ? Array.from({length: 40}, (_, k) => 10 ** (Math.floor(Math.log10(low)) + k))
    : Array.from({length: 9}, (_, k) => (Math.ceil(low / step) + k) * step);
  return marks.filter((mark) => mark >= low && mark <= high).map((mark) => [at(column, mark), short(mark), -1]);
}

function layout() {
  const stage = $("stage");
  const names = axes.length && !axes[0].column.numeric ? axes[0].column.texts : [];
  left = Math.max(SIDE, ...names.map((name) => 7 * Math.min(name.length, 16) + 16));
  stage.style.width = `${Math.max($("plot").clientWidth, left + SIDE + (axes.length - 1) * 112)}px`;
  width = stage.clientWidth, height = stage.clientHeight;
  const gap = axes.length > 1 ? (width - left - SIDE) / (axes.length - 1) : 0;
  axes.forEach((axis, k) => { axis.x = gap ? left + k * gap : width / 2; });
  for (const canvas of [$("lines"), $("hot")]) {
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
  }
  drawAxes();
  drawLines();
  tellMore();
}

function tellMore() {  // how many axes lie to the right of what is seen
  const end = $("plot").scrollLeft + $("plot").clientWidth, more = axes.filter((axis) => axis.x > end).length;
  $("more").hidden = !more;
  $("more").textContent = `${more} more ${more === 1 ? "axis" : "axes"} →`;
}

function drawAxes() {
  const focused = document.activeElement?.matches(":focus-visible") && document.activeElement.dataset.key;
  $("axes").replaceChildren(...axes.flatMap((axis, k) => axisParts(axis, k)));
  if (focused) [...$("axes").querySelectorAll("[data-key]")].find((node) => node.dataset.key === focused)?.focus();
}

const ruler = make("canvas").getContext("2d");
function fitted(text, end, room) {  // as much of a name as there is room for, its end kept: a path differs there
  ruler.font = `600 12px ${getComputedStyle(document.body).fontFamily}`;
  const wide = (shown) => ruler.measureText(shown + end).width > room;
  let kept = text;
  for (let from = 1; from < text.length && wide(kept); from++) kept = "…" + text.slice(from);
  return kept + end;
}

function axisParts(axis, k) {
  const {x, column} = axis, room = axes.length > 1 ? (width - left - SIDE) / (axes.length - 1) - 10 : width / 2;
  const name = draw("text", {class: "name", x, y: 20, "text-anchor": "middle"}, fitted(column.name, column.log ? " (log)" : "", room));
  name.append(draw("title", {}, column.name));
  const range = axis.brush ? axis.brush.map((p) => p.toFixed(2)).join(" to ") : "all";
  const grip = draw("rect", {class: "grip", x: x - 14, y: TOP - 8, width: 28, height: height - TOP - FOOT + 16, tabindex: 0,
    role: "slider", "data-key": `${k}`, "aria-label": `range of ${column.name}`, "aria-valuetext": range});
  grip.onpointerdown = (event) => drag(axis, event);
  grip.onkeydown = (event) => nudge(axis, event);
  const parts = [draw("line", {class: "rule", x1: x, x2: x, y1: y(1), y2: y(0)}), name];
  if (axis.brush) {
    const [low, high] = axis.brush.map(y);
    parts.push(draw("rect", {class: "brush", x: x - 8, width: 16, y: high, height: Math.max(2, low - high)}));
  }
  parts.push(grip);
  for (const [place, text, code] of ticks(axis)) {
    const tick = draw("text", {x: x - 8, y: y(place) + 4, "text-anchor": "end"}, text);
    if (!column.numeric) pickable(axis, tick, code, `${k}/${code}`);
    parts.push(tick);
  }
  for (const place of below) {
    if (axis.place.includes(place)) parts.push(draw("text", {x: x - 8, y: ground(place) + 4, "text-anchor": "end"}, BELOW.get(place)));
  }
  return parts;
}

function pickable(axis, tick, code, key) {
  const picked = axis.picks.has(code);
  tick.setAttribute("class", `pick ${picked ? "picked" : axis.picks.size ? "unpicked" : ""}`);
  const about = {tabindex: 0, role: "checkbox", "aria-checked": picked, "data-key": key};
  for (const [name, value] of Object.entries(about)) tick.setAttribute(name, value);
  const toggle = () => {
    if (!axis.picks.delete(code)) axis.picks.add(code);
    brushed();
  };
  tick.onclick = toggle;
  tick.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); } };
}

let waiting = false;
function brushed() {  // once per frame, however fast the mouse is
  drawAxes();
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; refresh(); });
}

function drag(axis, event) {
  const box = $("axes").getBoundingClientRect();
  const place = (e) => Math.max(0, Math.min(1, 1 - (e.clientY - box.top - TOP) / (height - TOP - FOOT)));
  const from = place(event), start = event.clientY;
  const move = (e) => {
    const range = Math.abs(e.clientY - start) < 3 ? null : [from, place(e)].sort((a, b) => a - b);
    axis.picks.clear();
    axis.brush = axis.column.numeric ? range : null;
    const inside = (p) => range && !axis.column.numeric && p >= range[0] - 0.01 && p <= range[1] + 0.01;
    axis.place.forEach((p, code) => { if (inside(p)) axis.picks.add(code); });
    brushed();
  };
  const end = (e) => {
    move(e);
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

function nudge(axis, event) {
  const by = {ArrowUp: 0.05, ArrowDown: -0.05}[event.key];
  if (!axis.column.numeric || (!by && event.key !== "Escape")) return;
  event.preventDefault();
  const [low, high] = axis.brush || [0, 1], clip = (p) => Math.max(0, Math.min(1, p));
  const moved = () => event.shiftKey ? [low, Math.max(low, clip(high + by))] : [Math.min(high, clip(low + by)), high];
  axis.brush = event.key === "Escape" ? null : moved();
  brushed();
}

function stroke(context, row) {
  context.beginPath();
  const ends = axes.length === 1 ? [[axes[0], -30], [axes[0], 30]] : axes.map((axis) => [axis, 0]);
  for (const [axis, aside] of ends) context.lineTo(axis.x + aside, heightOf(axis, row));
  context.stroke();
}

function cleared(canvas) {
  const context = canvas.getContext("2d");
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

function drawLines() {  // what is not shown first, in grey; a few milliseconds at a time, so that nothing waits for it
  delete document.body.dataset.drawn;
  const mine = ++job, context = cleared($("lines")), clear = Math.max(0.08, Math.min(0.85, 9 / Math.sqrt(shown.length)));
  const queue = [...(shown.length < count ? rows.filter((row) => !passes[row]) : []), ...shown];
  let next = 0;
  const step = () => {
    if (mine !== job) return;
    const until = performance.now() + 12;
    do {
      for (const row of queue.slice(next, next + 50)) stroke(styled(context, row, clear), row);
      next += 50;
    } while (next < queue.length && performance.now() < until);
    if (next < queue.length) requestAnimationFrame(step);
    else document.body.dataset.drawn = job;
  };
  if (axes.length) step(); else document.body.dataset.drawn = job;
  drawHot();
}

function styled(context, row, clear) {
  const on = passes[row], failed = bad(row);
  context.globalAlpha = on ? failed ? Math.max(clear, 0.35) : clear : Math.min(clear, 0.5);
  context.strokeStyle = on ? painted(row) : ink.ghost;
  context.lineWidth = on ? 1.4 : 1;
  context.setLineDash(failed && on ? [5, 4] : []);
  return context;
}

function drawHot() {
  const context = cleared($("hot"));
  if (hot < 0 || !axes.length) return;
  for (const [colour, wide] of [[style("--card"), 6], [bad(hot) ? ink.fail : painted(hot), 3]]) {
    Object.assign(context, {strokeStyle: colour, lineWidth: wide, lineJoin: "round"});
    stroke(context, hot);
  }
  for (const axis of axes) {
    context.beginPath();
    context.arc(axis.x, heightOf(axis, hot), 4, 0, 7);
    context.fillStyle = ink.text;
    context.fill();
  }
}

function nearest(event) {
  const box = $("axes").getBoundingClientRect(), px = event.clientX - box.left, py = event.clientY - box.top;
  const k = Math.min(axes.length - 2, axes.findLastIndex((axis) => axis.x <= px));
  if (k < 0 || px > axes[axes.length - 1].x) return -1;
  const [one, other] = [axes[k], axes[k + 1]], part = (px - one.x) / (other.x - one.x);
  let best = -1, gap = 8;
  for (const row of shown) {
    const from = heightOf(one, row), distance = Math.abs(from + (heightOf(other, row) - from) * part - py);
    if (distance < gap) gap = distance, best = row;
  }
  return best;
}

// --- what each path does ---
const named = (cell) => cell === null ? "absent" : typeof cell === "number" ? short(cell) : cut(textOf(cell), 40);
const spanOf = (rows, more) => {
  const ends = [...rows.flatMap((row) => row.slice(-3)).filter((end) => end !== null), ...more];
  const low = Math.min(...ends), high = Math.max(...ends);
  return (end) => 4 + 112 * (high > low ? (end - low) / (high - low) : 0.5);
};

function forest(list, place, zero, without) {  // a line for each mean: its interval, all on one scale
  const lines = list.map(([name, n, blank, mean, low, high]) => {
    const picture = draw("svg", {viewBox: "0 0 120 16", "aria-hidden": true});
    if (zero) picture.append(draw("line", {class: "zero", x1: place(0), x2: place(0), y1: 0, y2: 16}));
    if (low !== null && high !== null) picture.append(draw("line", {class: "span", x1: place(low), x2: place(high), y1: 8, y2: 8}));
    if (mean !== null) picture.append(draw("circle", {cx: place(mean), cy: 8, r: 3.5}));
    const digits = (number) => (zero && number > 0 ? "+" : "") + Number(number.toPrecision(4));
    const interval = low === null || high === null ? "" : `${digits(low)} to ${digits(high)}`;
    const cells = [name, picture, mean === null ? "–" : digits(mean), interval, blank ? `${n}, ${blank} ${without}` : String(n)];
    const clear = zero && low !== null && high !== null && low * high > 0;  // the interval leaves zero out
    return make("tr", {className: clear ? "clear" : ""}, ...cells.map((content) => make("td", {title: content === name ? name : ""}, content)));
  });
  const head = ["", "", zero ? "difference" : "mean", "95 % interval", zero ? "pairs" : "n"].map((text) => make("th", {scope: "col"}, text));
  return make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...lines));
}

function answer({value, missing, without, axes: found}) {
  $("answers").hidden = false;
  $("answered").textContent = textOf(value);
  if (missing) { $("cards").replaceChildren(make("p", {}, missing)); return; }
  const place = spanOf(found.flatMap((axis) => axis.effects), []), apart = spanOf(found.flatMap((axis) => axis.differences), [0]);
  const means = (axis) => forest(axis.effects.map(([level, ...numbers]) => [named(level), ...numbers]), place, false, without);
  const pairs = (axis) => forest(axis.differences.map(([a, b, ...numbers]) => [`${named(a)} → ${named(b)}`, ...numbers]), apart, true, without);
  $("cards").replaceChildren(...found.map((axis) => make("article", {}, make("h3", {}, textOf(axis.name)), means(axis),
    ...(axis.differences.length ? [pairs(axis)] : []))));
}

// --- what the reader does ---
const rowOf = (event) => { const tr = event.target.closest("tr.row"); return tr ? Number(tr.dataset.row) : -1; };
$("body").onpointerover = (event) => heat(rowOf(event), false);
$("body").onpointerleave = () => heat(-1, false);
$("body").onclick = (event) => { if (rowOf(event) >= 0) open(rowOf(event)); };
$("axes").onpointermove = (event) => { if (!event.buttons) heat(nearest(event), true); };
$("axes").onpointerleave = () => heat(-1, false);
$("axes").onclick = (event) => { if (event.target === $("axes") && hot >= 0) open(hot); };
$("scroll").onscroll = drawTable;
$("plot").onscroll = tellMore;
$("more").onclick = () => $("plot").scrollBy({left: $("plot").clientWidth * 0.8, behavior: "smooth"});
$("scroll").onkeydown = (event) => {
  const by = {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (event.target !== $("scroll") || !shown.length) return;
  if (by) heat(shown[Math.max(0, Math.min(shown.length - 1, shown.indexOf(hot) + by))], true);
  if (event.key === "Enter" && hot >= 0) open(hot);
  if (by) event.preventDefault();
};
$("colour").onchange = () => { paint(); drawLines(); };
$("reset").onclick = () => {
  for (const column of listed) column.test = null, column.input.value = "", column.input.setAttribute("aria-invalid", false);
  for (const axis of axes) axis.brush = null, axis.picks.clear();
  drawAxes();
  refresh();
};
$("detail").onclick = (event) => { if (event.target === $("detail")) $("detail").close(); };
matchMedia("(prefers-color-scheme: dark)").onchange = () => { paint(); drawLines(); };

// Free text is no axis: many long values, or results that all differ.
const middle = (lengths) => lengths.sort((a, b) => a - b)[lengths.length >> 1];
const isProse = (column) => column.levels > 8 && (middle(column.texts.map((text) => text.length)) > 40
  || (column.role === "result" && column.cells.length === count && count > 12));
const useful = (column) => column.show && column.name !== "error" && column.levels > 0 && column.cells.length > 1
  && (column.numeric ? isFinite(column.low) : column.levels <= MOST && !isProse(column));
axes = columns.filter((column) => ["config", "result"].includes(column.role) && useful(column)).map(axisOf);
below = [...BELOW.keys()].filter((place) => axes.some((axis) => axis.place.includes(place)));
FOOT += 16 * Math.max(0, below.length - 1);
$("plot").hidden = !axes.length;
columns.forEach((column, k) => {
  const option = () => make("option", {value: k, selected: k === data.colour}, column.name);
  if (column.role !== "index" && useful(column)) $("colour").append(option());
});
if (data.answers) answer(data.answers);
head();
paint();
new ResizeObserver(() => { layout(); drawTable(); }).observe($("plot"));
layout();
refresh();
})();
