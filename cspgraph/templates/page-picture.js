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
    ? { ink: "#ececec", quiet: "#9aa1a8", box: "#20252a", chosen: "#163a52", link: "#7cc4f0", line: "#7a838b", faint: "#3a4148", paper: "#16191d" }
    : { ink: "#1a1a1a", quiet: "#5c6268", box: "#ffffff", chosen: "#dcecf7", link: "#0072b2", line: "#8b9196", faint: "#d9dcdf", paper: "#ffffff" };
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
    members.forEach((thing, row) => { places[thing] = { x, y: (row - (members.length - 1) / 2) * 56 }; });
    x += 350;
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
  const colour = on ? ink.link : lit ? ink.faint : ink.line;
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
  network.once("afterDrawing", () => { document.body.dataset.drawn = "yes"; });
  document.querySelectorAll("#picture .vis-network, #picture canvas").forEach((part) => part.setAttribute("tabindex", "-1"));
}
// All of it where it can be read, else from the top left corner at a size that can be found one's way in.
function overview() {
  if (!network) return;
  network.fit({ animation: false });
  document.body.dataset.scale = String(network.getScale());
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
// What stands in a column, said above it, however small the picture is.
function headings(context) {
  if (data.layout === "communities" || physics) return;
  const columns = new Map();
  drawn.forEach((thing) => {
    const spot = spots[thing];
    const column = columns.get(spot.x) || { top: spot.y, names: new Map() };
    column.top = Math.min(column.top, spot.y);
    column.names.set(titleOf(thing), (column.names.get(titleOf(thing)) || 0) + 1);
    columns.set(spot.x, column);
  });
  const scale = network.getScale();
  const size = Math.max(17, 12.5 / scale);
  const top = Math.min(...[...columns.values()].map((column) => column.top)) - 34;
  context.textAlign = "center"; context.textBaseline = "bottom"; context.fillStyle = inks().ink; context.font = "600 " + size + "px sans-serif";
  const fits = Math.max(8, Math.floor(335 / (size * 0.56)));
  let last = "";
  [...columns.keys()].sort((a, b) => a - b).forEach((x) => {
    const names = [...columns.get(x).names.entries()].sort((a, b) => b[1] - a[1]).map((entry) => entry[0]);
    const text = names.slice(0, 2).join(", ") + (names.length > 2 ? " …" : "");
    if (text === last) return;
    last = text;
    const words = text.length > fits ? [names[0].length > fits ? names[0].slice(0, fits - 1) + "…" : names[0] + (names.length > 1 ? " …" : "")] : [text];
    context.fillText(words[0], x, top);
  });
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
