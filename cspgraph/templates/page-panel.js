// What is chosen: everything the graph says of it, in both directions, what it lacks, and what can be done with it.
function choose(thing, jump) {
  if (jump && (state.region === "plans" || (state.region === "picture" && !drawn.has(thing)))) change({ region: "picture", sel: things[thing].id, focus: things[thing].id, lit: "" });
  else change({ sel: things[thing].id, lit: "" });
  if (jump && state.region === "picture" && network) {
    const steady = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    network.focus(thing, { scale: Math.max(network.getScale(), 0.7), animation: steady ? false : { duration: 250 } });
  }
  say(things[thing].label + ", " + kindOf(thing).label + (findingsOf[thing].length ? ", " + many(findingsOf[thing].length, "gap") : ""));
}
function focusOn(thing) { change({ focus: things[thing].id, sel: things[thing].id, lit: "" }); }
function chosen() { return state.sel ? known.get(state.sel) : -1; }

function valueOf(value) {
  if (typeof value === "string") return element("span", value);
  if (value < total) return thingButton(value);
  const other = element("span", data.others[value - total][1]);
  other.append(" ", element("span", "(" + (data.others[value - total][2] || "thing") + ", not in this picture)", "quiet"));
  return other;
}
function placed(item, place) {
  if (!place) return item;
  const text = where(place);
  if (text) item.append(" ", element("span", text, "where"));
  if (place[5]) item.append(" ", element("span", "printed: " + place[5], "where"));
  if (place[2]) item.append(" ", element("span", data.statuses[place[2]] + (place[3] ? ": " + place[3] : ""), "where doubt"));
  if (place[4]) item.append(" ", element("span", "disputed: " + place[4], "where disputed"));
  return item;
}
function statement(row) {
  const item = element("li");
  item.append(valueOf(row[2]));
  placed(item, row[3]);
  if (row[4]) {
    const inner = element("ul");
    row[4].forEach((part) => { const line = element("li", data.words[part[1]][0] + ": "); line.append(valueOf(part[2])); inner.append(placed(line, part[3])); });
    item.append(inner);
  }
  return item;
}
function groupsOf(rows, side, end) {
  const groups = new Map();
  rows.forEach((row) => { const title = data.words[row[1]][side]; groups.set(title, (groups.get(title) || []).concat([row])); });
  return [...groups.keys()].sort().map((title) => {
    const list = element("ul");
    groups.get(title).forEach((row) => list.append(statement(end === 0 ? [0, row[1], row[0], row[3]] : row)));
    const section = element("div");
    section.append(element("h3", title), list);
    return section;
  });
}
function fromRelations(thing) {
  const out = touching[thing].filter((relation) => relation.from === thing).map((relation) => [thing, relation.word, relation.to, relation.place, null, relation.shared]);
  const back = touching[thing].filter((relation) => relation.to === thing).map((relation) => [relation.from, relation.word, thing, relation.place, null, relation.shared]);
  return [...groupsOf(out, 0, 2), ...groupsOf(back, 1, 0)];
}
function together(thing) {
  const list = element("ul");
  touching[thing].slice().sort((a, b) => b.shared.length - a.shared.length).forEach((relation) => {
    const item = element("li");
    item.append(thingButton(relation.from === thing ? relation.to : relation.from), " on " + many(relation.shared.length, "action") + ":");
    const inner = element("ul");
    relation.shared.forEach(([, label]) => inner.append(element("li", label)));
    item.append(inner);
    list.append(item);
  });
  const section = element("div");
  section.append(element("h3", "Works with"), list);
  return section;
}
function findingBox(finding) {
  const rule = data.rules[finding.rule];
  const box = element("div", "", "finding");
  const head = element("p");
  head.append(element("span", data.severities[finding.severity], "severity " + data.severities[finding.severity]), " ", element("strong", rule[1]));
  box.append(head, placed(element("p", finding.says), finding.place), element("p", rule[3] + " " + rule[4], "quiet"));
  if (finding.accepted) box.append(element("p", "Accepted by " + finding.accepted, "quiet"));
  if (finding.lapsed) box.append(element("p", "Was accepted by " + finding.lapsed, "quiet"));
  if (finding.disputed) box.append(element("p", "Disputed by " + finding.disputed, "disputed quiet"));
  return box;
}
function acts(thing) {
  const row = element("div", "", "acts");
  const id = things[thing].id;
  const toggle = (text, value) => {
    const made = button(text, "button", () => change({ lit: state.lit === value ? "" : value }));
    made.setAttribute("aria-pressed", String(state.lit === value));
    return made;
  };
  row.append(button(state.focus === id ? "Show all again" : "Focus on this", "button", () => change({ focus: state.focus === id ? "" : id })));
  if (state.focus) row.append(button("One step less", "button", () => deeper(-1)), button("One step more", "button", () => deeper(1)));
  if (relations.some((relation) => relation.depends)) {
    row.append(toggle("What depends on this", "on"), toggle("What this depends on", "of"));
    const note = element("p", state.lit ? "Lit up: what is joined to it by relations in this picture. All there is, with the lines of every step: " : "These two light up what this picture holds. All there is, with the lines of every step: ", "quiet");
    note.append(element("code", command(thing)));
    row.append(note);
  }
  return row;
}
// What to type for the whole answer: by name where a shell takes the name as it is and nothing else here bears it.
function command(thing) {
  const { label, id } = things[thing];
  const plain = /^[\p{L}\p{N} ,.:;'()/&+-]{1,80}$/u.test(label) && !label.startsWith("-");
  const name = plain && things.filter((one) => one.label === label).length === 1 ? '"' + label + '"' : /^[\w./%-]+$/.test(id) ? id : "ID";
  return "cspgraph depends " + (state.lit === "of" ? "--on " : "") + name;
}
function deeper(step) { if (state.focus) change({ depth: Math.min(9, Math.max(1, state.depth + step)) }); }

let panelShows = "";
function panel() {
  const thing = chosen();
  document.body.dataset.chosen = state.sel;
  document.body.classList.toggle("unchosen", thing < 0);
  const now = [state.sel, state.focus, state.depth, state.lit].join("|");
  if (now === panelShows) return;
  const inside = by("panel").contains(document.activeElement) ? document.activeElement.textContent : "";
  panelShows = now;
  if (!total) return;
  if (thing < 0) { by("panel").replaceChildren(element("h2", "Choose a thing"), element("p", "Click it in the picture, or find it by name. Two clicks, or the key f, show only what lies around it."), element("p", "The key ? lists all keys.", "quiet")); return; }
  const one = things[thing];
  const head = [element("h2", one.label), element("p", [kindOf(thing).label, planOf(thing), one.id].join(" · "), "quiet"), placed(element("p"), one.place), acts(thing)];
  const gaps = findingsOf[thing].length ? [element("h3", many(findingsOf[thing].length, "gap")), ...findingsOf[thing].map(findingBox)] : [];
  const joined = data.layout === "communities" && touching[thing].length ? [together(thing)] : [];
  const facts = data.said.length ? [...groupsOf(says[thing], 0, 2), ...groupsOf(saidOf[thing], 1, 0)] : data.layout === "communities" ? [] : fromRelations(thing);
  by("panel").replaceChildren(...head, ...gaps, ...joined, ...facts);
  if (inside) {
    const again = [...by("panel").querySelectorAll(".acts button")].find((one) => one.textContent === inside);
    if (again) again.focus(); else { by("aside").focus(); by("aside").scrollTop = 0; }
  }
}
