"use strict";
// Data: names; tracks with flat, delta-coded arrays. A span is six numbers: begin (difference to the one before), length,
// name, kind, IRP (0: none), value (name of a detail + 1, 0: none). A length of 0 is a mark. A step of a counter is two
// numbers: time (difference), value. Times are nanoseconds since the trace began.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = id => document.getElementById(id);
const canvas = byId("canvas"), context = canvas.getContext("2d"), tip = byId("tip");
const LABELS = 150, RULER = 26, ROW = 18, GAP = 10, COUNTER = 44, MARKS = 16;
const HUES = { call: 215, isr: 8, dpc: 32, startio: 150, irp: 265, read: 195, write: 330, interrupt: 0, thread: 60, event: 45 };
const end = Math.max(data.end, 1);
const view = { from: 0, to: end, scroll: 0 };
let selected = null, selectedIrp = 0, query = "", matches = [], match = -1, hover = null, dark = false;

// Tracks: spans are put into rows that do not overlap, marks below them.
const tracks = data.tracks.map(track => ({ ...track, rows: [], marks: null, steps: null, height: 0, top: 0 }));
const irpSpans = new Map();
let spanCount = 0;
for (const track of tracks) {
  if (track.kind === "counter") readSteps(track);
  else readSpans(track);
}
function readSteps(track) {
  const times = [], values = [];
  let time = 0;
  for (let i = 0; i < track.data.length; i += 2) {
    time += track.data[i];
    times.push(time);
    values.push(track.data[i + 1]);
  }
  track.steps = { times, values, max: values.reduce((a, b) => Math.max(a, b), 1) };
  track.height = COUNTER;
}
function readSpans(track) {
  const open = [];
  let begin = 0;
  for (let i = 0; i < track.data.length; i += 6) {
    const [delta, length, name, kind, irp, value] = track.data.slice(i, i + 6);
    begin += delta;
    const span = {
      begin, end: begin + length, name: data.names[name], kind: data.kinds[kind], irp,
      detail: value ? data.names[value - 1] : "", track, isMatch: false,
    };
    spanCount++;
    if (length === 0) {
      (track.marks ??= []).push(span);
    } else {
      let row = open.findIndex(until => until <= begin);
      // A span that begins inside another is its child: it belongs below it, not into a free row above.
      if (row < 0) row = open.length;
      for (let above = open.length - 1; above > row; above--) if (open[above] > begin) row = above + 1;
      open[row] = span.end;
      (track.rows[row] ??= []).push(span);
    }
    if (irp) {
      if (!irpSpans.has(irp)) irpSpans.set(irp, []);
      irpSpans.get(irp).push(span);
    }
  }
  track.height = track.rows.length * ROW + (track.marks ? MARKS : 0) || ROW;
}
for (const spans of irpSpans.values()) spans.sort((a, b) => a.begin - b.begin);

// Words.
function time(ns, digits) {
  const size = Math.abs(ns);
  if (size >= 1e9) return (ns / 1e9).toFixed(digits ?? 3) + " s";
  if (size >= 1e6) return (ns / 1e6).toFixed(digits ?? 3) + " ms";
  if (size >= 1e3) return (ns / 1e3).toFixed(digits ?? 1) + " µs";
  return ns.toFixed(0) + " ns";
}
const irpOf = number => data.irps.find(irp => irp.number === number);
function facts(span) {
  const rows = [["what", span.name]];
  if (span.detail) rows.push(["value", span.detail]);
  if (span.irp) {
    const irp = irpOf(span.irp);
    rows.push(["IRP", span.irp + (irp ? " " + irp.request : "")]);
    if (irp && irp.status) rows.push(["status", irp.status]);
  }
  rows.push(["track", span.track.name], ["at", time(span.begin, 4)]);
  if (span.end > span.begin) rows.push(["lasts", time(span.end - span.begin)]);
  return rows;
}

// Geometry.
const width = () => canvas.clientWidth - LABELS;
const toX = ns => LABELS + (ns - view.from) / (view.to - view.from) * width();
const toTime = x => view.from + (x - LABELS) / width() * (view.to - view.from);
function layOut() {
  let top = RULER + GAP;
  for (const track of tracks) {
    track.top = top;
    top += track.height + GAP;
  }
  return top;
}
const contentHeight = layOut();
function clampView() {
  const length = Math.min(Math.max(view.to - view.from, 20), end * 1.04);
  if (view.from < -end * 0.02) view.from = -end * 0.02;
  if (view.from + length > end * 1.02) view.from = end * 1.02 - length;
  view.to = view.from + length;
  view.scroll = Math.max(0, Math.min(view.scroll, contentHeight - canvas.clientHeight));
}
function show(from, to) {
  const margin = Math.max((to - from) * 0.15, 50);
  [view.from, view.to] = [from - margin, to + margin];
  draw();
}
function zoom(factor, x) {
  const at = toTime(x ?? LABELS + width() / 2);
  [view.from, view.to] = [at - (at - view.from) * factor, at + (view.to - at) * factor];
  draw();
}

// First item whose end (or time) is not before a time: items of a row do not overlap.
function firstAfter(items, moment, key) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = low + high >> 1;
    if (key(items[middle]) < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Drawing.
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name);
let colors = {};
function readColors() {
  const probe = document.createElement("i");
  document.body.append(probe);
  for (const name of ["back", "panel", "line", "text", "soft", "accent"]) {
    probe.style.color = `var(--${name})`;
    colors[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  const [r, g, b] = colors.back.match(/[\d.]+/g).map(Number);
  dark = r + g + b < 380;
}
const fill = (kind, strength = 1) => dark
  ? `hsl(${HUES[kind] ?? 220} 45% ${26 + 14 * strength}%)`
  : `hsl(${HUES[kind] ?? 220} 65% ${90 - 16 * strength}%)`;
const ink = kind => dark ? `hsl(${HUES[kind] ?? 220} 85% 84%)` : `hsl(${HUES[kind] ?? 220} 70% 22%)`;
const strong = kind => dark ? `hsl(${HUES[kind] ?? 220} 75% 65%)` : `hsl(${HUES[kind] ?? 220} 70% 45%)`;

let drawn = 0;
function draw() {
  clampView();
  const scale = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
  if (canvas.width !== Math.round(w * scale) || canvas.height !== Math.round(h * scale)) {
    canvas.width = Math.round(w * scale);
    canvas.height = Math.round(h * scale);
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = colors.back;
  context.fillRect(0, 0, w, h);
  context.font = '11px system-ui, "DejaVu Sans", sans-serif';
  context.textBaseline = "middle";
  drawn = 0;
  drawGrid(w, h);
  for (const track of tracks) drawTrack(track, w, h);
  drawFlow(h);
  drawLabels(h);
  drawRuler(w);
  document.body.dataset.spans = spanCount;
  document.body.dataset.drawn = drawn;
}
function ticks() {
  const wanted = (view.to - view.from) / Math.max(width() / 110, 1);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= wanted);
  const list = [];
  for (let t = Math.ceil(Math.max(view.from, 0) / step) * step; t <= Math.min(view.to, end * 1.001); t += step) list.push(t);
  return { list, step };
}
function drawGrid(w, h) {
  context.fillStyle = colors.line;
  for (const t of ticks().list) context.fillRect(Math.round(toX(t)), RULER, 1, h);
}
function drawRuler(w) {
  context.fillStyle = colors.panel;
  context.fillRect(0, 0, w, RULER);
  context.fillStyle = colors.line;
  context.fillRect(0, RULER, w, 1);
  context.fillStyle = colors.soft;
  const { list, step } = ticks();
  const unit = step >= 1e9 ? [1e9, "s"] : step >= 1e5 ? [1e6, "ms"] : step >= 1e2 ? [1e3, "µs"] : [1, "ns"];
  const digits = Math.max(0, -Math.floor(Math.log10(step / unit[0]) + 1e-9));
  for (const t of list) {
    const x = toX(t);
    if (x >= LABELS) context.fillText((t / unit[0]).toFixed(digits) + " " + unit[1], x + 4, RULER / 2);
  }
  context.fillText(time(view.to - view.from) + " shown", 12, RULER / 2);
}
function drawLabels(h) {
  context.fillStyle = colors.panel;
  context.fillRect(0, RULER + 1, LABELS, h);
  context.fillStyle = colors.line;
  context.fillRect(LABELS - 1, RULER, 1, h);
  for (const track of tracks) {
    const y = track.top - view.scroll;
    if (y > h || y + track.height < RULER) continue;
    context.save();
    context.beginPath();
    context.rect(0, RULER + 1, LABELS - 6, h);
    context.clip();
    context.fillStyle = colors.text;
    context.fillText(cut(track.name, LABELS - 22), 12, Math.max(y + Math.min(track.height, 22) / 2, RULER + 10));
    if (track.steps) {
      context.fillStyle = colors.soft;
      context.fillText("0 … " + track.steps.max, 12, y + COUNTER - 10);
    }
    context.restore();
  }
}
function drawTrack(track, w, h) {
  const y = track.top - view.scroll;
  if (y > h || y + track.height < RULER) {
    // Out of sight vertically; it still counts as shown, by scrolling.
    drawn += track.rows.reduce((sum, row) => sum + row.length, 0) + (track.marks?.length ?? 0);
    return;
  }
  context.save();
  context.beginPath();
  context.rect(LABELS, RULER + 1, w - LABELS, h);
  context.clip();
  context.fillStyle = colors.line;
  context.fillRect(LABELS, y + track.height + GAP / 2, w, 1);
  if (track.steps) drawSteps(track, y);
  track.rows.forEach((row, index) => drawRow(row, y + index * ROW));
  if (track.marks) drawMarks(track.marks, y + track.rows.length * ROW);
  context.restore();
}
const isFaint = span => query ? !span.isMatch : selectedIrp !== 0 && span.irp !== selectedIrp;
function drawRow(row, y) {
  let i = firstAfter(row, view.from, span => span.end);
  while (i < row.length && row[i].begin <= view.to) {
    const span = row[i], x = Math.max(toX(span.begin), LABELS - 2), right = Math.min(toX(span.end), canvas.clientWidth + 2);
    context.globalAlpha = isFaint(span) ? 0.25 : 1;
    if (right - x < 1.5) {
      // All that share this pixel: one bar, of the colour of the first that is not faint.
      const next = firstAfter(row, toTime(Math.floor(x) + 1.5), other => other.end);
      const group = row.slice(i, Math.max(next, i + 1));
      const clear = group.find(other => !isFaint(other));
      context.globalAlpha = clear ? 1 : 0.25;
      context.fillStyle = strong((clear ?? span).kind);
      context.fillRect(x, y + 1, 1.5, ROW - 3);
      drawn += group.length;
      i += group.length;
      continue;
    }
    drawSpan(span, x, right, y);
    drawn++;
    i++;
  }
  context.globalAlpha = 1;
}
function drawSpan(span, x, right, y) {
  context.fillStyle = fill(span.kind);
  context.beginPath();
  context.roundRect(x, y + 1, right - x - 0.5, ROW - 3, Math.min(3, (right - x) / 3));
  context.fill();
  if (span === selected || span === hover || span.isMatch) {
    context.strokeStyle = span.isMatch && span !== selected ? strong(span.kind) : colors.accent;
    context.lineWidth = 1.5;
    context.stroke();
  }
  if (right - x > 24) {
    context.fillStyle = ink(span.kind);
    context.fillText(cut(span.name + (span.detail ? " " + span.detail : ""), right - x - 8), x + 4, y + ROW / 2);
  }
}
function drawMarks(marks, y) {
  let i = firstAfter(marks, view.from, mark => mark.begin), last = -9;
  for (; i < marks.length && marks[i].begin <= view.to; i++) {
    const mark = marks[i], x = toX(mark.begin);
    drawn++;
    if (x - last < 0.7 && mark !== selected && mark !== hover && !mark.isMatch) continue;
    last = x;
    context.globalAlpha = isFaint(mark) ? 0.2 : 1;
    context.fillStyle = mark === selected || mark === hover ? colors.accent : strong(mark.kind);
    const isWrite = mark.kind === "write", tall = mark === selected || mark === hover || mark.isMatch;
    context.fillRect(x - (tall ? 1 : 0.5), y + (tall ? 0 : isWrite ? 1 : 6), tall ? 2.5 : 1.5, tall ? MARKS - 1 : 8);
  }
  context.globalAlpha = 1;
}
function drawSteps(track, y) {
  const { times, values, max } = track.steps, base = y + COUNTER - 2, unit = (COUNTER - 6) / max;
  let i = Math.max(0, firstAfter(times, view.from, t => t) - 1);
  context.beginPath();
  context.moveTo(Math.max(toX(times[i] ?? 0), LABELS - 2), base);
  let x = 0;
  for (; i < times.length && times[i] <= view.to; i++) {
    // Within a pixel only the highest shows.
    let value = values[i];
    x = Math.max(toX(times[i]), LABELS - 2);
    const until = i + 1 < times.length ? toX(times[i + 1]) : toX(end);
    context.lineTo(x, base - value * unit);
    context.lineTo(Math.max(until, LABELS - 2), base - value * unit);
    x = until;
  }
  context.lineTo(Math.max(x, LABELS - 2), base);
  context.fillStyle = fill("call", 0.2);
  context.fill();
  context.strokeStyle = strong("call");
  context.lineWidth = 1;
  context.stroke();
}
// The way of the selected IRP: StartIo, service routine, DPC.
const STAGES = new Set(["startio", "isr", "dpc"]);
function drawFlow(h) {
  const first = tracks[0];
  const spans = (irpSpans.get(selectedIrp) ?? []).filter(
    span => span.track === first && STAGES.has(span.kind) && span.end > span.begin);
  context.save();
  context.beginPath();
  context.rect(LABELS, RULER + 1, canvas.clientWidth, h);
  context.clip();
  context.strokeStyle = context.fillStyle = colors.accent;
  context.lineWidth = 1.2;
  context.globalAlpha = 0.8;
  for (let i = 1; i < Math.min(spans.length, 500); i++) {
    const from = Math.min(spans[i - 1].end, spans[i].begin);
    const a = [toX(from), middle(spans[i - 1])], b = [toX(spans[i].begin), middle(spans[i])];
    const isNested = spans[i].begin < spans[i - 1].end;
    const bend = isNested ? 0 : Math.min(60, Math.max(8, Math.abs(b[0] - a[0]) / 2));
    if (isNested) a[0] -= 10;
    context.beginPath();
    context.moveTo(...a);
    context.bezierCurveTo(a[0] + bend, a[1], b[0] - bend, b[1], ...b);
    context.stroke();
    context.beginPath();
    context.moveTo(...b);
    context.lineTo(b[0] - 6, b[1] - 3);
    context.lineTo(b[0] - 6, b[1] + 3);
    context.fill();
  }
  context.restore();
}
function middle(span) {
  const row = span.track.rows.findIndex(items => items[firstAfter(items, span.end, other => other.end)] === span);
  return span.track.top - view.scroll + Math.max(row, 0) * ROW + ROW / 2;
}
function cut(text, room) {
  if (context.measureText(text).width <= room) return text;
  let length = Math.min(text.length, Math.floor(room / 4));
  while (length > 0 && context.measureText(text.slice(0, length) + "…").width > room) length--;
  return length > 1 ? text.slice(0, length) + "…" : "";
}

// What is under the pointer.
function find(x, y) {
  if (x < LABELS || y < RULER) return null;
  const track = tracks.find(t => y + view.scroll >= t.top && y + view.scroll < t.top + t.height);
  if (!track) return null;
  const inside = y + view.scroll - track.top, row = track.rows[Math.floor(inside / ROW)];
  if (track.steps) return null;
  if (row) {
    const span = row[firstAfter(row, toTime(x - 1), other => other.end)];
    return span && toX(span.begin) <= x + 2 ? span : null;
  }
  const marks = track.marks ?? [], i = firstAfter(marks, toTime(x), mark => mark.begin);
  return [marks[i - 1], marks[i]].filter(mark => mark && Math.abs(toX(mark.begin) - x) < 5)
    .sort((a, b) => Math.abs(toX(a.begin) - x) - Math.abs(toX(b.begin) - x))[0] ?? null;
}
function counterAt(x, y) {
  const track = tracks.find(t => t.steps && y + view.scroll >= t.top && y + view.scroll < t.top + t.height);
  if (!track || x < LABELS) return null;
  const i = firstAfter(track.steps.times, toTime(x) + 1, t => t) - 1;
  return i < 0 ? null : `${track.name}: ${track.steps.values[i]}\nat ${time(toTime(x), 4)}`;
}
function showTip(x, y) {
  const text = hover ? facts(hover).map(([name, value]) => name === "what" ? value : `${name}: ${value}`).join("\n") : counterAt(x, y);
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  tip.style.left = Math.min(x + 14, canvas.clientWidth - tip.offsetWidth - 8) + "px";
  tip.style.top = Math.min(y + 16, canvas.clientHeight - tip.offsetHeight - 8) + "px";
}

// Selection, search, list.
function select(span, irp) {
  selected = span;
  selectedIrp = irp ?? span?.irp ?? 0;
  const box = byId("details");
  box.replaceChildren();
  const title = document.createElement("h2"), list = document.createElement("dl");
  const chosen = irpOf(selectedIrp);
  title.textContent = span ? span.name : chosen ? "IRP " + chosen.number : "Nothing selected";
  const rows = span ? facts(span).slice(1) : chosen ? [
    ["request", chosen.request], ...(chosen.device ? [["device", chosen.device]] : []), ["status", chosen.status || "not finished"],
    ["at", time(chosen.begin, 4)], ["lasts", time(chosen.end - chosen.begin)],
  ] : [["tip", "click a span, or an IRP below"]];
  for (const [name, value] of rows) {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = name;
    dd.textContent = value;
    list.append(dt, dd);
  }
  box.append(title, list);
  for (const row of byId("irps").querySelectorAll("tr.selected")) row.classList.remove("selected");
  const row = byId("irp-" + selectedIrp);
  row?.classList.add("selected");
  row?.scrollIntoView({ block: "nearest" });
  draw();
}
function fillIrps() {
  const body = byId("irps").querySelector("tbody");
  const most = 5000, rows = document.createDocumentFragment();
  for (const irp of data.irps.slice(0, most)) {
    const row = document.createElement("tr");
    row.id = "irp-" + irp.number;
    for (const text of [irp.number, irp.request.replace(/^IRP_M[JN]_/, ""), irp.status.replace(/^STATUS_/, ""), time(irp.end - irp.begin)]) {
      const cell = document.createElement("td");
      cell.textContent = cell.title = text;
      row.append(cell);
    }
    if (irp.isFailed) row.children[2].className = "bad";
    row.onclick = () => {
      select(null, irp.number);
      show(irp.begin, irp.end);
    };
    rows.append(row);
  }
  body.append(rows);
  byId("irps-note").textContent = data.irpCount > Math.min(most, data.irps.length)
    ? `first ${Math.min(most, data.irps.length)} of ${data.irpCount}` : `${data.irpCount}`;
}
function search(text) {
  query = text.trim().toLowerCase();
  matches = [];
  match = -1;
  const number = /^irp\s*#?(\d+)$/.exec(query)?.[1];
  for (const track of tracks) {
    for (const row of [...track.rows, track.marks ?? []]) {
      for (const span of row) {
        span.isMatch = query !== "" && (number !== undefined ? span.irp === +number
          : span.name.toLowerCase().includes(query) || span.detail.toLowerCase().includes(query));
        if (span.isMatch) matches.push(span);
      }
    }
  }
  matches.sort((a, b) => a.begin - b.begin);
  byId("found").textContent = query ? `${matches.length} found` : "";
  document.body.dataset.found = matches.length;
  draw();
}
function nextMatch(step) {
  if (!matches.length) return;
  match = (match + step + matches.length) % matches.length;
  const span = matches[match], length = Math.max(span.end - span.begin, (view.to - view.from) / 40, 200);
  byId("found").textContent = `${match + 1} of ${matches.length}`;
  view.scroll = Math.max(0, span.track.top - canvas.clientHeight / 2);
  select(span);
  show(span.begin - length * 2, span.begin + length * 3);
}

// Input.
let drag = null;
canvas.addEventListener("wheel", event => {
  event.preventDefault();
  if (event.shiftKey) view.scroll += event.deltaY || event.deltaX;
  else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) move(event.deltaX);
  else return zoom(Math.exp(event.deltaY * 0.0015), event.offsetX);
  draw();
}, { passive: false });
function move(pixels) {
  const delta = pixels / width() * (view.to - view.from);
  view.from += delta;
  view.to += delta;
}
canvas.addEventListener("pointerdown", event => {
  drag = { x: event.offsetX, y: event.offsetY, moved: 0 };
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", event => {
  if (drag) {
    const dx = event.offsetX - drag.x, dy = event.offsetY - drag.y;
    drag.moved += Math.abs(dx) + Math.abs(dy);
    canvas.classList.add("dragging");
    move(-dx);
    view.scroll -= dy;
    [drag.x, drag.y] = [event.offsetX, event.offsetY];
    tip.hidden = true;
    return draw();
  }
  const found = find(event.offsetX, event.offsetY);
  if (found !== hover) {
    hover = found;
    draw();
  }
  showTip(event.offsetX, event.offsetY);
});
canvas.addEventListener("pointerup", event => {
  canvas.classList.remove("dragging");
  if (drag && drag.moved < 4) select(find(event.offsetX, event.offsetY));
  drag = null;
});
canvas.addEventListener("pointerleave", () => {
  hover = null;
  tip.hidden = true;
  draw();
});
canvas.addEventListener("dblclick", event => {
  const span = find(event.offsetX, event.offsetY);
  if (span) show(span.begin, span.end);
});
addEventListener("keydown", event => {
  if (event.target === byId("search")) {
    if (event.key === "Enter") nextMatch(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const actions = {
    "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1 / 0.6), "0": () => fit(),
    ArrowLeft: () => (move(-80), draw()), ArrowRight: () => (move(80), draw()),
    "/": () => byId("search").focus(), Escape: () => select(null),
  };
  if (!event.ctrlKey && !event.metaKey && actions[event.key]) {
    event.preventDefault();
    actions[event.key]();
  }
});
function fit() {
  [view.from, view.to] = [-end * 0.01, end * 1.01];
  draw();
}
byId("fit").onclick = fit;
byId("zoom-in").onclick = () => zoom(0.6);
byId("zoom-out").onclick = () => zoom(1 / 0.6);
byId("search").oninput = event => search(event.target.value);
byId("theme").onclick = () => {
  document.documentElement.style.colorScheme = dark ? "light" : "dark";
  readColors();
  draw();
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readColors();
  draw();
});
addEventListener("resize", draw);

// Start. The part after # is for links and tests: irp=17, search=words, theme=dark.
document.title = data.title;
byId("title").textContent = data.title;
byId("facts").textContent = data.facts;
byId("notes").hidden = data.notes.length === 0;
byId("notes").textContent = data.notes.join("\n");
fillIrps();
const start = new URLSearchParams(location.hash.slice(1));
if (start.has("theme")) document.documentElement.style.colorScheme = start.get("theme");
readColors();
fit();
select(null);
if (start.has("search")) search(byId("search").value = start.get("search"));
const startIrp = irpOf(+start.get("irp"));
if (startIrp) {
  select(null, startIrp.number);
  show(startIrp.begin, startIrp.end);
}
document.body.dataset.ready = "yes";
