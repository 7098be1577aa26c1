// From the state to the page, and from the address to the state.
let ownHash = "";
let lookedFor = null;
function apply() {
  work();
  check();
  regions();
  panel();
  if (state.q !== lookedFor) { lookedFor = state.q; look(); }
  if (state.region === "picture") {
    draw();
    if (state.sel && drawn.has(known.get(state.sel))) network.selectNodes([known.get(state.sel)], false); else network.unselectAll();
    network.redraw();
  }
  if (!network) document.body.dataset.drawn = "yes";
  tally();
  by("act-undo").disabled = !before.length;
  by("act-reset").disabled = written() === "";
  ownHash = written();
  const address = ownHash ? "#" + ownHash : location.pathname + location.search;
  try { history.replaceState(null, "", address); } catch (error) { if (location.hash.slice(1) !== ownHash) location.replace("#" + ownHash); }
}
window.addEventListener("hashchange", () => {
  const hash = location.hash.replace(/^#/, "");
  if (hash === ownHash || (by(hash) && hash)) return;
  before.push(written());
  state = read(hash);
  apply();
});
by("skip").addEventListener("click", (event) => { event.preventDefault(); toRegion("outline"); });
document.querySelectorAll("[data-region]").forEach((one) => one.addEventListener("click", () => change({ region: one.dataset.region })));
by("act-filters").addEventListener("click", () => {
  const plain = by("content").classList.toggle("plain");
  by("act-filters").setAttribute("aria-expanded", String(!plain));
});
by("act-more").addEventListener("click", () => by("act-more").setAttribute("aria-expanded", String(by("more").classList.toggle("open"))));
by("act-marks").addEventListener("click", () => change({ marks: state.marks ? "" : "on" }));
by("act-undo").addEventListener("click", undo);
by("act-reset").addEventListener("click", () => { change(Object.assign(empty(), { region: state.region })); overview(); });
by("act-png").addEventListener("click", savePicture);
by("act-svg").addEventListener("click", saveDrawing);
by("act-csv").addEventListener("click", download);
by("act-physics").addEventListener("click", move);
by("act-keys").addEventListener("click", openKeys);
by("keys-close").addEventListener("click", () => by("keys").close());
by("act-whole").addEventListener("click", () => { change({ region: "picture" }); whole(); });
filters();
state = read(location.hash);
if (!location.hash && data.chosen.length) state.sel = things[data.chosen[0]].id;
if (state.focus && !state.sel) state.sel = state.focus;
apply();
