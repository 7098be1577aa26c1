// The picture: what vis-network draws, the signs of gaps over it, headings, the light, the card of what is pointed at.
const darkness = window.matchMedia("(prefers-color-scheme: dark)");
const paper = window.matchMedia("print");
const degree = touching.map((list) => list.length);
const stored = data.nodes.map((node) => ({ x: node.x, y: node.y }));
let spots = stored.slice();
let nodes = null;
let edges = null;
let network = null;
let drawn = new Set();

function dark() { return darkness.matches && !paper.matches; }
function inks() {
  return dark()
    ? { ink: "#ececec", quiet: "#9aa1a8", box: "#20252a", chosen: "#163a52", link: "#7cc4f0", line: "#7a838b", light: "#59626a", faint: "#343b42", paper: "#16191d" }
    : { ink: "#1a1a1a", quiet: "#5c6268", box: "#ffffff", chosen: "#dcecf7", link: "#0072b2", line: "#8b9196", light: "#b4bac0", faint: "#d9dcdf", paper: "#ffffff" };
}
function drawable() {
  if (shown.size <= data.most) return shown;
  const order = [...shown].sort((a, b) => degree[b] - degree[a] || a - b).slice(0, data.most);
  [state.sel, state.focus].filter(Boolean).forEach((id) => order.push(known.get(id)));
  return new Set(order);
}
// Where only some things are shown, their columns close up; communities stay where they are.
function closed() {
  if (drawn.size === total || data.layout === "communities") return stored;
  const columns = new Map();
  [...drawn].forEach((thing) => columns.set(stored[thing].x, (columns.get(stored[thing].x) || []).concat([thing])));
  const places = stored.slice();
  let x = 0;
  [...columns.keys()].sort((a, b) => a - b).forEach((key) => {
    const members = columns.get(key).sort((a, b) => stored[a].y - stored[b].y);
    members.forEach((thing, row) => { places[thing] = { x, y: (row - (members.length - 1) / 2) * 58 }; });
    x += 330;
  });
  return places;
}
function lookOf(thing) {
  const ink = inks();
  const kind = kindOf(thing);
  const border = dark() ? kind.dark : kind.colour;
  const id = things[thing].id;
  const special = id === state.sel || (lit && lit.has(thing)) || (!lit && id === state.focus);
  const faint = lit && !lit.has(thing);
  const fill = special ? ink.chosen : ink.box;
  const edge = faint ? ink.faint : border;
  return {
    color: { border: edge, background: fill, highlight: { border, background: ink.chosen }, hover: { border, background: ink.chosen } },
    font: { color: faint ? ink.quiet : ink.ink },
    borderWidth: id === state.sel ? 4 : 2,
    shapeProperties: { borderDashes: things[thing].place[2] ? [6, 4] : false },
  };
}
function lineOf(relation) {
  const ink = inks();
  const on = lit ? lit.has(relation.from) && lit.has(relation.to) : state.sel && (things[relation.from].id === state.sel || things[relation.to].id === state.sel);
  const apart = things[relation.from].group !== things[relation.to].group;
  const colour = on ? ink.link : lit || apart || (state.sel && drawnEdges > 60) ? ink.faint : drawnEdges > 250 ? ink.light : ink.line;
  return {
    color: { color: colour, highlight: ink.link, hover: ink.link },
    dashes: relation.place[4] ? [2, 4] : relation.place[2] ? [6, 4] : false,
    width: (data.edges[relation.number].width || 1) + (on ? 1 : 0),
  };
}
function nodeOf(thing) { return Object.assign({}, data.nodes[thing], spots[thing], lookOf(thing)); }
function edgeOf(relation) { return Object.assign({ id: "e" + relation.number }, data.edges[relation.number], lineOf(relation)); }

function draw() {
  const want = drawable();
  const same = want.size === drawn.size && [...want].every((thing) => drawn.has(thing)) && drawnEdges === shownRelations.length;
  drawn = want;
  drawnEdges = shownRelations.length;
  const lines = shownRelations.filter((relation) => drawn.has(relation.from) && drawn.has(relation.to));
  if (same && nodes) {
    nodes.update([...drawn].map((thing) => Object.assign({ id: thing }, lookOf(thing))));
    edges.update(lines.map((relation) => Object.assign({ id: "e" + relation.number }, lineOf(relation))));
    return;
  }
  spots = closed();
  nodes = new vis.DataSet([...drawn].map(nodeOf));
  edges = new vis.DataSet(lines.map(edgeOf));
  if (network) { network.setData({ nodes, edges }); } else { begin(); }
  overview();
}
let drawnEdges = -1;

function begin() {
  network = new vis.Network(by("picture"), { nodes, edges }, data.options);
  network.on("selectNode", (event) => { choose(event.nodes[0], false); });
  network.on("deselectNode", () => { if (state.sel) change({ sel: "", lit: "" }); });
  network.on("doubleClick", (event) => { if (event.nodes.length) focusOn(event.nodes[0]); });
  network.on("hoverNode", (event) => card(event.node));
  network.on("blurNode", () => { by("card").hidden = true; });
  network.on("hoverEdge", (event) => edgeCard(event));
  network.on("blurEdge", () => { by("card").hidden = true; });
  network.on("zoom", () => { by("card").hidden = true; });
  network.on("dragStart", () => { by("card").hidden = true; });
  network.on("afterDrawing", (context) => { signs(context); headings(context); });
  network.on("resize", () => network.once("initRedraw", resettle)); // vis scales the picture by how the frame changed in between
  network.once("afterDrawing", () => { document.body.dataset.drawn = "yes"; });
  document.querySelectorAll("#picture .vis-network, #picture canvas").forEach((part) => part.setAttribute("tabindex", "-1"));
}
function whole() { if (network) network.fit({ animation: false }); }
// All of it where it can be read; else at a size that can be read, from the left, where a picture begins.
const READABLE = 0.72;
let laid = { x: 0, y: 0 };
function overview() {
  if (!network) return;
  network.fit({ animation: false });
  const frame = by("picture");
  const roomy = network.getScale() < 0.6 && drawn.size;
  if (roomy) {
    const at = state.sel && drawn.has(known.get(state.sel)) ? known.get(state.sel) : state.focus && drawn.has(known.get(state.focus)) ? known.get(state.focus) : -1;
    const own = [...drawn];
    const left = own.reduce((least, thing) => Math.min(least, spots[thing].x), Infinity);
    const top = own.reduce((least, thing) => Math.min(least, spots[thing].y), Infinity);
    const first = own.filter((thing) => spots[thing].x === left).map((thing) => spots[thing].y).sort((a, b) => a - b);
    const half = { x: frame.clientWidth / READABLE / 2, y: frame.clientHeight / READABLE / 2 };
    const spread = data.layout === "communities" ? top + half.y - 60 : Math.max(first[0] + half.y - 90, first[Math.floor(first.length / 2)] - 1e9);
    let place = { x: left - 150 + half.x, y: spread };
    if (at >= 0) {
      const bottom = own.reduce((most, thing) => Math.max(most, spots[thing].y), -Infinity);
      const high = Math.min(spots[at].y, bottom - half.y + 60);
      place = { x: Math.max(place.x, spots[at].x), y: Math.max(high, top + half.y - 90) };
    }
    network.moveTo({ scale: READABLE, position: place, animation: false });
  }
  laid = network.getViewPosition();
  document.body.dataset.scale = String(network.getScale());
}
// A frame that was made larger would cut off where the picture begins; one that was moved stays where it was put.
function resettle() {
  const at = network.getViewPosition();
  if (Math.hypot(at.x - laid.x, at.y - laid.y) < 1) overview();
}
const marks = [["#b34700", "#ffffff"], ["#e69f00", "#1a1a1a"], ["#ffffff", "#1a1a1a"]];
function outlineOf(context, severity, x, y, r) {
  context.beginPath();
  if (severity === 2) { context.arc(x, y, r, 0, 7); } else if (severity === 1) {
    [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]].forEach(([a, b], n) => context[n ? "lineTo" : "moveTo"](x + a * r, y + b * r));
  } else {
    for (let n = 0; n < 8; n += 1) { const angle = Math.PI / 8 + (n * Math.PI) / 4; context[n ? "lineTo" : "moveTo"](x + Math.cos(angle) * r * 1.1, y + Math.sin(angle) * r * 1.1); }
  }
  context.closePath();
}
function signs(context) {
  if (!state.marks) return;
  const places = network.getPositions();
  const r = Math.min(40, 13 / Math.min(1, Math.max(network.getScale(), 0.25) * 1.2));
  drawn.forEach((thing) => {
    if (!findingsOf[thing].length || !places[thing]) return;
    const severity = gravest(thing);
    const [fill, text] = marks[severity];
    const [x, y] = [places[thing].x + 122, places[thing].y - 12];
    outlineOf(context, severity, x, y, r);
    context.fillStyle = fill; context.fill();
    context.lineWidth = 1.5; context.strokeStyle = severity ? "#4a3400" : "#ffffff"; context.stroke();
    context.fillStyle = text; context.font = "bold " + r * 1.05 + "px sans-serif"; context.textAlign = "center"; context.textBaseline = "middle";
    context.fillText(String(findingsOf[thing].length), x, y + 1);
  });
}
// What stands in each column, and above the middle of which columns that is said.
function columnTitles(widthOf) {
  if (data.layout === "communities") return [];
  const columns = new Map();
  drawn.forEach((thing) => {
    const names = columns.get(spots[thing].x) || new Map();
    names.set(titleOf(thing), (names.get(titleOf(thing)) || 0) + 1);
    columns.set(spots[thing].x, names);
  });
  const titles = [...columns.keys()].sort((a, b) => a - b).map((x) => ({ from: x, to: x, text: [...columns.get(x).entries()].sort((a, b) => b[1] - a[1]).map((entry) => entry[0]) }));
  const merged = [];
  titles.forEach((title) => {
    const last = merged[merged.length - 1];
    if (last && last.text[0] === title.text[0]) last.to = title.to; else merged.push(title);
  });
  return merged.map((title) => {
    const room = title.to - title.from + 318;
    const tries = [title.text.slice(0, 3).join(", "), title.text.slice(0, 2).join(", "), title.text[0]];
    let text = tries.find((one) => widthOf(one, 16) <= room) || title.text[0];
    while (text.length > 2 && widthOf(text, 16) > room) text = text.slice(0, -2) + "…";
    return { x: (title.from + title.to) / 2, text: text.length > 2 ? text.charAt(0).toUpperCase() + text.slice(1) : "" };
  });
}
// The line of titles stays at the top, however the picture is moved.
function headings(context) {
  if (data.layout === "communities" || physics) return;
  const scale = network.getScale();
  const corner = network.DOMtoCanvas({ x: 0, y: 0 });
  const frame = by("picture");
  const ink = inks();
  context.save();
  context.fillStyle = ink.paper;
  context.fillRect(corner.x, corner.y, frame.clientWidth / scale, 27 / scale);
  context.fillStyle = ink.faint;
  context.fillRect(corner.x, corner.y + 27 / scale, frame.clientWidth / scale, 1 / scale);
  context.font = "600 " + 13.5 / scale + "px sans-serif"; context.textAlign = "center"; context.textBaseline = "middle"; context.fillStyle = ink.ink;
  columnTitles((text) => context.measureText(text).width).forEach((title) => context.fillText(title.text, title.x, corner.y + 14 / scale));
  context.restore();
}
function titleOf(thing) {
  if (data.layout !== "dependence") return kindOf(thing).label;
  const layer = things[thing].layer;
  return layer === 0 ? "asked about" : layer === 1 ? "rests on it directly" : layer + " steps away";
}
function card(thing) {
  const spot = network.canvasToDOM(network.getPositions([thing])[thing]);
  const gaps = findingsOf[thing].length ? " · " + many(findingsOf[thing].length, "gap") : "";
  put([element("strong", things[thing].label), element("div", kindOf(thing).label + " · " + planOf(thing) + gaps, "quiet")], spot);
}
function edgeCard(event) {
  const relation = relations[Number(String(event.edge).slice(1))];
  const text = [element("span", nameOf(relation.from) + " "), element("strong", relation.label), element("span", " " + nameOf(relation.to)), element("div", doubt(relation.place) || where(relation.place), "quiet")];
  put(text, event.pointer.DOM);
}
function put(parts, spot) {
  const box = by("card");
  box.replaceChildren(...parts);
  box.hidden = false;
  const frame = by("picture");
  box.style.left = Math.max(4, Math.min(spot.x + 12, frame.clientWidth - box.offsetWidth - 6)) + "px";
  box.style.top = Math.max(4, Math.min(spot.y + 22, frame.clientHeight - box.offsetHeight - 6)) + "px";
}
let physics = false;
function move() {
  if (!network) return;
  if (!physics && drawn.size > 1500) { say("More than 1,500 things cannot be moved: filter first"); by("tally").textContent = "More than 1,500 things cannot be moved at once: filter, or focus on a thing, first"; return; }
  physics = !physics;
  by("act-physics").setAttribute("aria-pressed", String(physics));
  network.setOptions({ physics: { enabled: physics } });
  if (!physics) { nodes.update([...drawn].map((thing) => Object.assign({ id: thing }, spots[thing]))); overview(); }
  say(physics ? "The things move until they have found their place" : "Everything is back in its place");
}
darkness.addEventListener("change", () => { if (network) { draw(); } });
paper.addEventListener("change", () => { if (network) { draw(); } });
