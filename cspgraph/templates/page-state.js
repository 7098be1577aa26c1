// What is shown: one state, which stands in the address, so that a view can be sent to a colleague and undone.
const facets = {
  kinds: data.kinds.map((kind) => kind.name),
  plans: data.plans.map((plan) => plan || "shared"),
  relations: [...new Set(relations.map((relation) => relation.name))],
  status: ["stated", "inferred", "uncertain", "disputed"],
  severity: [...data.severities, "none"],
};
const empty = () => ({ focus: "", depth: 2, sel: "", lit: "", q: "", region: data.begin, marks: data.marks ? "on" : "", kinds: null, plans: null, relations: null, status: null, severity: null });
let state = empty();
const before = [];
let shown = new Set();
let shownRelations = [];
let lit = null;

// Where a page of several plans begins with a table of them, an address that says what to show still leads to the picture.
function firstRegion(one) { return one.focus || one.sel || one.lit || Object.keys(facets).some((facet) => one[facet] !== null) ? "picture" : data.begin; }
function written() {
  const start = Object.assign(empty(), { region: firstRegion(state) });
  const parts = [];
  Object.keys(start).forEach((key) => {
    const value = Array.isArray(state[key]) ? state[key].map(encodeURIComponent).join(",") : encodeURIComponent(state[key] || "");
    if (state[key] !== start[key] && (key !== "depth" || state.focus)) parts.push(key + "=" + value);
  });
  return parts.join("&");
}
function decoded(text) { try { return decodeURIComponent(text); } catch (error) { return text; } }
function read(hash) {
  const found = Object.assign(empty(), { region: "" });
  hash.replace(/^#/, "").split("&").forEach((part) => {
    const at = part.indexOf("=");
    const key = part.slice(0, at);
    const value = part.slice(at + 1);
    if (!(key in found) || at < 1) return;
    if (key in facets) found[key] = value.split(",").map(decoded).filter((one) => facets[key].includes(one));
    else if (key === "depth") found.depth = Math.min(9, Math.max(1, parseInt(value, 10) || 2));
    else found[key] = decoded(value);
  });
  if (!known.has(found.focus)) found.focus = "";
  if (!known.has(found.sel)) found.sel = "";
  if (!["", "on", "of"].includes(found.lit)) found.lit = "";
  if (!by(found.region) || !by(found.region).dataset.part) found.region = firstRegion(found);
  return found;
}
function change(parts, quiet) {
  const old = written();
  state = Object.assign({}, state, parts);
  if (!quiet && written() !== old) { before.push(old); if (before.length > 200) before.shift(); }
  apply();
}
function undo() {
  if (!before.length) { say("Nothing to undo"); return; }
  state = read(before.pop());
  apply();
  say("Undone");
}
function allowed(facet, name) { return state[facet] === null || state[facet].includes(name); }

function neighbours(start, depth, ways) {
  const near = new Map(start.map((thing) => [thing, 0]));
  let edge = start;
  for (let step = 1; step <= depth && edge.length; step += 1) {
    const next = [];
    edge.forEach((thing) => ways(thing).forEach((other) => { if (!near.has(other)) { near.set(other, step); next.push(other); } }));
    edge = next;
  }
  return near;
}
function work() {
  let keep = new Set();
  things.forEach((thing, number) => {
    const severities = findingsOf[number].length ? findingsOf[number].map((finding) => data.severities[finding.severity]) : ["none"];
    const sure = allowed("status", statusOf(thing.place)) || state.status === null;
    if (allowed("kinds", kindOf(number).name) && allowed("plans", data.plans[thing.plan] || "shared") && severities.some((one) => allowed("severity", one)) && (sure || touching[number].length)) keep.add(number);
  });
  let drawn = relations.filter((relation) => keep.has(relation.from) && keep.has(relation.to) && allowed("relations", relation.name) && allowed("status", statusOf(relation.place)));
  if (state.relations !== null || state.status !== null) {
    const joined = new Set(drawn.flatMap((relation) => [relation.from, relation.to]));
    keep = new Set([...keep].filter((thing) => joined.has(thing)));
  }
  if (state.plans !== null && state.plans.length > 1 && state.plans.includes("shared")) keep = besides(keep, drawn);
  drawn = drawn.filter((relation) => keep.has(relation.from) && keep.has(relation.to));
  if (state.focus) {
    const centre = known.get(state.focus);
    keep.add(centre);
    const ways = new Map();
    drawn.forEach((relation) => [[relation.from, relation.to], [relation.to, relation.from]].forEach(([a, b]) => ways.set(a, (ways.get(a) || []).concat([b]))));
    const near = neighbours([centre], state.depth, (thing) => ways.get(thing) || []);
    keep = new Set([...keep].filter((thing) => near.has(thing)));
    drawn = drawn.filter((relation) => keep.has(relation.from) && keep.has(relation.to));
  }
  shown = keep;
  shownRelations = drawn;
  lit = lights();
}
// Of what plans share, that to which a thing of the plans chosen is joined.
function besides(keep, drawn) {
  const own = (thing) => Boolean(data.plans[things[thing].plan]);
  const joined = new Set();
  drawn.forEach((relation) => { if (own(relation.from)) joined.add(relation.to); if (own(relation.to)) joined.add(relation.from); });
  return new Set([...keep].filter((thing) => own(thing) || joined.has(thing)));
}
function lights() {
  if (!state.sel || !state.lit) return null;
  const ways = new Map();
  shownRelations.forEach((relation) => {
    if (!relation.depends) return;
    const [top, below] = relation.depends === 1 ? [relation.from, relation.to] : [relation.to, relation.from];
    const [a, b] = state.lit === "of" ? [top, below] : [below, top];
    ways.set(a, (ways.get(a) || []).concat([b]));
  });
  return new Set(neighbours([known.get(state.sel)], 99, (thing) => ways.get(thing) || []).keys());
}
function tally() {
  const drawnNow = drawable();
  let text = shown.size === total ? many(total, "thing") + " shown" : many(shown.size, "thing") + " of " + total.toLocaleString("en-GB") + " shown";
  if (shown.size > drawnNow.size) text = "The picture shows the " + drawnNow.size.toLocaleString("en-GB") + " things with most relations, of " + shown.size.toLocaleString("en-GB") + ": more cannot be read at once. Filter, or focus on a thing, to see the others; the outline and the tables hold them all";
  if (state.focus) text += ", within " + many(state.depth, "step") + " of " + nameOf(known.get(state.focus));
  if (lit) text += ". Lit up: " + many(lit.size - 1, "thing") + (state.lit === "of" ? " that it rests on" : lit.size === 2 ? " that rests on it" : " that rest on it");
  by("tally").textContent = text;
}
