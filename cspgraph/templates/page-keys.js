// A key for everything, with a list of keys behind the question mark. Single keys can be turned off.
function press(id) { const one = by(id); if (!one.disabled && !one.hidden) one.click(); }
function toRegion(name) {
  if (!document.querySelector('[data-region="' + name + '"]')) return;
  change({ region: name });
  by(name).focus();
}
function onChosen(act) { if (chosen() < 0) say("Choose a thing first"); else act(chosen()); }
const keys = [
  ["/", "find a thing", () => { search.focus(); search.select(); }],
  ["1", "the picture", () => toRegion("picture")],
  ["2", "the outline", () => toRegion("outline")],
  ["3", "the table of things", () => toRegion("things")],
  ["4", "the table of relations", () => toRegion("relations")],
  ["5", "the table of gaps", () => toRegion("findings")],
  ...(by("plans") ? [["h", "the plans side by side", () => toRegion("plans")]] : []),
  ["i", "what is said of the thing chosen", () => by("aside").focus()],
  ["f", "focus on the thing chosen, or show all again", () => onChosen((thing) => change({ focus: state.focus === things[thing].id ? "" : things[thing].id }))],
  ["]", "one step more around the focus", () => deeper(1)],
  ["[", "one step less around the focus", () => deeper(-1)],
  ["d", "what depends on the thing chosen", () => onChosen(() => change({ lit: state.lit === "on" ? "" : "on" }))],
  ["w", "what the thing chosen depends on", () => onChosen(() => change({ lit: state.lit === "of" ? "" : "of" }))],
  ["l", "filters", () => { if (by("content").classList.contains("plain")) press("act-filters"); by("filters").querySelector("input").focus(); }],
  ["g", "show or hide the signs of gaps", () => press("act-marks")],
  ["u", "undo", () => undo()],
  ["r", "show all", () => press("act-reset")],
  ["+", "larger", () => zoom(1.25)],
  ["-", "smaller", () => zoom(0.8)],
  ["0", "the whole picture", () => whole()],
  ["9", "back to a size that can be read", () => overview()],
  ["m", "let it move, or put everything back in its place", () => press("act-physics")],
  ["p", "save as PNG", () => savePicture()],
  ["s", "save as SVG", () => saveDrawing()],
  ["c", "download what is shown as CSV", () => download()],
  ["y", "copy the table for Excel", () => copy()],
  ["?", "this list", () => openKeys()],
];
const fixed = [["Arrow keys", "in the picture: to the next thing that way"], ["Enter", "in the picture: read the thing chosen; in the search: choose the first found"], ["Escape", "close, or give up what is chosen"]];
function openKeys() {
  const list = by("keys-list");
  if (!list.firstChild) [...keys, ...fixed].forEach(([key, text]) => { const pair = element("div"); const term = element("dt"); term.append(element("kbd", key)); pair.append(term, element("dd", text)); list.append(pair); });
  if (!by("keys").open) by("keys").showModal();
}
function zoom(factor) { if (!network) return; network.moveTo({ scale: Math.min(4, Math.max(0.02, network.getScale() * factor)) }); }
function walk(way) {
  const places = network.getPositions();
  const own = [...drawn].filter((thing) => places[thing]);
  if (!own.length) return;
  const from = chosen();
  if (from < 0 || !places[from]) { step(own.reduce((a, b) => (places[b].x < places[a].x || (places[b].x === places[a].x && places[b].y < places[a].y) ? b : a))); return; }
  const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[way];
  let best = -1;
  let least = Infinity;
  own.forEach((thing) => {
    const [x, y] = [places[thing].x - places[from].x, places[thing].y - places[from].y];
    const ahead = x * dx + y * dy;
    const aside = Math.abs(x * dy) + Math.abs(y * dx);
    if (ahead > 1 && ahead + aside * 2.5 < least) { least = ahead + aside * 2.5; best = thing; }
  });
  if (best >= 0) step(best); else say("Nothing further that way");
}
function step(thing) { choose(thing, true); card(thing); }
function typing(target) { return target instanceof HTMLElement && (target.matches("input:not([type=checkbox]), textarea, select") || target.isContentEditable); }
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !by("keys").open) { if (!by("card").hidden) by("card").hidden = true; else if (state.sel) change({ sel: "", lit: "" }); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || by("keys").open || typing(event.target)) return;
  if (event.target === by("picture")) {
    if (event.key.startsWith("Arrow")) { walk(event.key); event.preventDefault(); return; }
    if (event.key === "Enter") { by("aside").focus(); event.preventDefault(); return; }
  }
  const found = by("keys-on").checked && keys.find(([key]) => key === event.key || (key === "+" && event.key === "="));
  if (found) { event.preventDefault(); found[2](); }
});
