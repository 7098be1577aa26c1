// Take it away: as a picture, as a drawing, as a table.
function hand(content, name, type) {
  const link = element("a");
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  say("Saved: " + name);
}
function fileName(ending) { return (document.title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60) || "picture") + ending; }
// The whole picture, not only what the window shows: the drawing, made into dots, twice as large where there is room.
const MOST_DOTS = 48e6;
function savePicture() {
  change({ region: "picture" }, true);
  const root = drawing();
  const [wide, high] = ["width", "height"].map((side) => Number(root.getAttribute(side)));
  const scale = Math.min(2, Math.sqrt(MOST_DOTS / (wide * high)), 16000 / Math.max(wide, high));
  const address = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" }));
  const picture = new Image();
  const failed = () => { URL.revokeObjectURL(address); say("The browser could not make this picture: save it as SVG, or filter first"); };
  picture.addEventListener("error", failed);
  picture.addEventListener("load", () => {
    const made = element("canvas");
    made.width = Math.round(wide * scale);
    made.height = Math.round(high * scale);
    made.getContext("2d").drawImage(picture, 0, 0, made.width, made.height);
    made.toBlob((blob) => { if (blob) { URL.revokeObjectURL(address); hand(blob, fileName(".png"), "image/png"); } else failed(); }, "image/png");
  });
  picture.src = address;
}
const SVG = "http://www.w3.org/2000/svg";
function shape(parent, tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, String(value)));
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}
function box(root, thing, x, y) {
  const group = shape(root, "g", {});
  shape(group, "title", {}, things[thing].label);
  const lines = data.nodes[thing].label.split("\n");
  const tall = lines.length > 2 ? 62 : 44;
  shape(group, "rect", { x: x - 130, y: y - tall / 2, width: 260, height: tall, rx: 4, fill: (lit && lit.has(thing)) || things[thing].id === state.sel ? "#dcecf7" : "#ffffff", stroke: kindOf(thing).colour, "stroke-width": 2, "stroke-dasharray": things[thing].place[2] ? "6 4" : "none" });
  lines.forEach((line, number) => shape(group, "text", { x: x - 122, y: y + 5 + (number - (lines.length - 1) / 2) * 18, "font-size": 14.5 }, line));
  if (state.marks && findingsOf[thing].length) {
    const severity = gravest(thing);
    const path = ["M-6 -12h12l6 6v12l-6 6h-12l-6-6v-12z", "M0 -14l14 14l-14 14l-14-14z", "M-12 0a12 12 0 1 0 24 0a12 12 0 1 0 -24 0z"][severity];
    const sign = shape(group, "g", { transform: "translate(" + (x + 122) + " " + (y - 14) + ")" });
    shape(sign, "path", { d: path, fill: marks[severity][0], stroke: "#4a3400" });
    shape(sign, "text", { y: 5, "text-anchor": "middle", "font-size": 13, "font-weight": "bold", fill: marks[severity][1] }, String(findingsOf[thing].length));
  }
}
function wayOf(a, b) {
  if (data.layout === "communities") return "M" + a.x + " " + a.y + "L" + b.x + " " + b.y;
  const way = b.x >= a.x ? 1 : -1;
  const [x1, x2] = a.x === b.x ? [a.x + 130, b.x + 130] : [a.x + way * 130, b.x - way * 130];
  const bend = a.x === b.x ? 60 : (x2 - x1) / 2;
  return "M" + x1 + " " + a.y + "C" + (x1 + bend) + " " + a.y + " " + (a.x === b.x ? x2 + bend : x2 - bend) + " " + b.y + " " + x2 + " " + b.y;
}
function line(root, relation, places) {
  const dashes = relation.place[4] ? "2 4" : relation.place[2] ? "6 4" : "none";
  const apart = things[relation.from].group !== things[relation.to].group;
  const look = { d: wayOf(places[relation.from], places[relation.to]), fill: "none", stroke: apart ? "#d9dcdf" : "#8b9196", "stroke-width": data.edges[relation.number].width || 1, "stroke-dasharray": dashes };
  if (data.layout !== "communities") look["marker-end"] = "url(#tip)";
  shape(shape(root, "path", look), "title", {}, nameOf(relation.from) + " " + relation.label + " " + nameOf(relation.to));
}
// What the signs mean, in as many rows as it takes; returns the height of it.
function explained(root, own, lines, left, top, wide) {
  const kinds = counted(own, (thing) => things[thing].kind);
  const said = [...kinds.keys()].sort((a, b) => a - b).map((kind) => [data.kinds[kind].sign + " " + data.kinds[kind].label, data.kinds[kind].colour]);
  if (lines.some((relation) => relation.place[2])) said.push(["- - -  inferred or uncertain", "#1a1a1a"]);
  if (lines.some((relation) => relation.place[4])) said.push([". . .  disputed by a reader", "#1a1a1a"]);
  let [x, y] = [left, top];
  said.forEach(([text, colour]) => {
    const room = 30 + text.length * 9;
    if (x > left && x + room > left + wide) { x = left; y += 28; }
    shape(root, "text", { x, y, "font-size": 15, fill: colour === "#cc79a7" || colour === "#CC79A7" ? "#8f3d6a" : colour }, text);
    x += room;
  });
  return y - top;
}
function drawing(untitled) {
  const places = network.getPositions();
  const own = [...drawn].filter((thing) => places[thing]);
  const lines = shownRelations.filter((relation) => drawn.has(relation.from) && drawn.has(relation.to));
  const range = (list, pick) => list.reduce((a, b) => pick(a, b), list[0] || 0);
  const [xs, ys] = [own.map((thing) => places[thing].x), own.map((thing) => places[thing].y)];
  const [left, top] = [range(xs, Math.min) - 170, range(ys, Math.min) - (untitled ? 90 : 130)];
  const wide = Math.max(900, range(xs, Math.max) + 170 - left);
  const bottom = range(ys, Math.max) + 75;
  const root = document.createElementNS(SVG, "svg");
  const ground = shape(root, "rect", { x: left, y: top, width: wide, fill: "#ffffff" });
  shape(root, "title", {}, document.title);
  if (!untitled) shape(root, "text", { x: left + 40, y: top + 44, "font-size": 26, "font-weight": "bold" }, document.title);
  if (!physics) columnTitles((text, size) => text.length * size * 0.62).forEach((title) => shape(root, "text", { x: title.x, y: top + (untitled ? 40 : 88), "font-size": 16, "font-weight": "bold", "text-anchor": "middle" }, title.text));
  const tip = shape(shape(root, "defs", {}), "marker", { id: "tip", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" });
  shape(tip, "path", { d: "M0 0L8 4L0 8z", fill: "#6f757b" });
  lines.forEach((relation) => line(root, relation, places));
  own.forEach((thing) => box(root, thing, places[thing].x, places[thing].y));
  const high = bottom + explained(root, own, lines, left + 40, bottom, wide - 80) + 30 - top;
  ground.setAttribute("height", String(high));
  Object.entries({ viewBox: [left, top, wide, high].join(" "), width: wide, height: high, "font-family": "sans-serif", fill: "#1a1a1a", role: "img" }).forEach(([key, value]) => root.setAttribute(key, String(value)));
  return root;
}
function drawingText() { return new XMLSerializer().serializeToString(drawing()); }
// On paper stands the drawing, whole, in place of what the window shows.
const SMALL = 120;
function toPaper() {
  const pictured = state.region === "picture" && network && drawn.size;
  document.body.classList.toggle("pictured", Boolean(pictured));
  const note = drawn.size > SMALL ? [element("p", "So many things are small on paper. A filter or a focus makes them larger; the outline and the tables, printed, say the same in words.", "quiet")] : [];
  by("paper").replaceChildren(...(pictured ? [drawing(true), ...note] : []));
}
window.addEventListener("beforeprint", toPaper);
window.addEventListener("afterprint", () => { by("paper").replaceChildren(); document.body.classList.remove("pictured"); });
function saveDrawing() { change({ region: "picture" }, true); hand('<?xml version="1.0" encoding="UTF-8"?>\n' + drawingText(), fileName(".svg"), "image/svg+xml"); }

// A spreadsheet takes these as text: an apostrophe goes before what it would run. Numbers stay.
function cellText(value) {
  const text = String(value).replace(/[\t\r\n]+/g, " ");
  return /^[=+\-@]/.test(text) && !/^[+-]?\d+(\.\d+)?$/.test(text) ? "'" + text : text;
}
function tableName() { return tableHeads[state.region] ? state.region : "relations"; }
function download() {
  const name = tableName();
  const quote = (value) => { const text = cellText(value); return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text; };
  const lines = [tableHeads[name], ...ordered(name).map((row) => row.cells)].map((row) => row.map(quote).join(","));
  hand("\ufeff" + lines.join("\r\n") + "\r\n", fileName("-" + name + ".csv"), "text/csv;charset=utf-8");
}
function copy() {
  const name = tableName();
  const text = [tableHeads[name], ...ordered(name).map((row) => row.cells)].map((row) => row.map(cellText).join("\t")).join("\r\n");
  const done = () => say("Copied: paste it into Excel");
  if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(done, () => selectText(text, done));
  else selectText(text, done);
}
// Where the browser keeps the clipboard to itself (a page from a file): by way of a selection.
function selectText(text, done) {
  const field = element("textarea");
  const back = document.activeElement;
  field.value = text;
  field.className = "unseen";
  field.setAttribute("aria-label", "The table to copy");
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (back) back.focus();
  if (copied) done(); else say("The browser did not let the table be copied: download the CSV");
}
