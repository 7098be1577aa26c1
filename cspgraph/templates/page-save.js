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
function savePicture() {
  change({ region: "picture" }, true);
  const from = by("picture").querySelector("canvas");
  const made = element("canvas");
  made.width = from.width;
  made.height = from.height;
  const context = made.getContext("2d");
  context.fillStyle = inks().paper;
  context.fillRect(0, 0, made.width, made.height);
  context.drawImage(from, 0, 0);
  made.toBlob((blob) => hand(blob, fileName(".png"), "image/png"), "image/png");
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
  shape(group, "rect", { x: x - 130, y: y - 22, width: 260, height: 44, rx: 4, fill: (lit && lit.has(thing)) || things[thing].id === state.sel ? "#dcecf7" : "#ffffff", stroke: kindOf(thing).colour, "stroke-width": 2, "stroke-dasharray": things[thing].place[2] ? "6 4" : "none" });
  lines.forEach((line, number) => shape(group, "text", { x: x - 122, y: y + 5 + (number - (lines.length - 1) / 2) * 18, "font-size": 14.5 }, line));
  if (state.marks && findingsOf[thing].length) {
    const severity = gravest(thing);
    const path = ["M-6 -12h12l6 6v12l-6 6h-12l-6-6v-12z", "M0 -14l14 14l-14 14l-14-14z", "M-12 0a12 12 0 1 0 24 0a12 12 0 1 0 -24 0z"][severity];
    const sign = shape(group, "g", { transform: "translate(" + (x + 122) + " " + (y - 14) + ")" });
    shape(sign, "path", { d: path, fill: marks[severity][0], stroke: "#4a3400" });
    shape(sign, "text", { y: 5, "text-anchor": "middle", "font-size": 13, "font-weight": "bold", fill: marks[severity][1] }, String(findingsOf[thing].length));
  }
}
function drawingText() {
  const places = network.getPositions();
  const own = [...drawn].filter((thing) => places[thing]);
  const xs = own.map((thing) => places[thing].x);
  const ys = own.map((thing) => places[thing].y);
  const range = (list, pick) => list.reduce((a, b) => pick(a, b), list[0] || 0);
  const [left, top] = [range(xs, Math.min) - 170, range(ys, Math.min) - 90];
  const [wide, high] = [range(xs, Math.max) + 170 - left, range(ys, Math.max) + 60 - top];
  const root = document.createElementNS(SVG, "svg");
  Object.entries({ viewBox: [left, top, wide, high].join(" "), width: wide, height: high, "font-family": "sans-serif", fill: "#1a1a1a", role: "img" }).forEach(([key, value]) => root.setAttribute(key, String(value)));
  shape(root, "title", {}, document.title);
  shape(root, "rect", { x: left, y: top, width: wide, height: high, fill: "#ffffff" });
  shape(root, "text", { x: left + 40, y: top + 40, "font-size": 26, "font-weight": "bold" }, document.title);
  const defs = shape(root, "defs", {});
  shape(shape(defs, "marker", { id: "tip", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" }), "path", { d: "M0 0L8 4L0 8z", fill: "#6f757b" });
  shownRelations.filter((relation) => drawn.has(relation.from) && drawn.has(relation.to)).forEach((relation) => {
    const [a, b] = [places[relation.from], places[relation.to]];
    const way = b.x >= a.x ? 1 : -1;
    const [x1, x2] = a.x === b.x ? [a.x + 130, b.x + 130] : [a.x + way * 130, b.x - way * 130];
    const bend = a.x === b.x ? 60 : (x2 - x1) / 2;
    const line = { d: "M" + x1 + " " + a.y + "C" + (x1 + bend) + " " + a.y + " " + (a.x === b.x ? x2 + bend : x2 - bend) + " " + b.y + " " + x2 + " " + b.y, fill: "none", stroke: "#8b9196", "stroke-width": data.edges[relation.number].width || 1, "stroke-dasharray": relation.place[4] ? "2 4" : relation.place[2] ? "6 4" : "none" };
    if (data.layout !== "communities") line["marker-end"] = "url(#tip)";
    shape(shape(root, "path", line), "title", {}, nameOf(relation.from) + " " + relation.label + " " + nameOf(relation.to));
  });
  own.forEach((thing) => box(root, thing, places[thing].x, places[thing].y));
  return new XMLSerializer().serializeToString(root);
}
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
