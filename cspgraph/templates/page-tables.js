// The same as an outline and as tables that can be sorted; made when they are looked at, for what is shown.
const sorted = { things: [0, 1], relations: [0, 1], findings: [0, 1] };
const tableHeads = {
  things: ["Name", "Kind", "Plan", "Reference", "Relations", "Gaps", "Read at", "Status"],
  relations: ["From", "Relation", "To", "Read at", "Status"],
  findings: ["Severity", "Gap", "Thing", "What is found", "Read at"],
};
const MOST_ROWS = 2000;
function rowsOf(name) {
  if (name === "things") return [...shown].map((thing) => ({ thing, cells: [things[thing].label, kindOf(thing).label, planOf(thing), things[thing].ref || things[thing].id, degree[thing], findingsOf[thing].length, where(things[thing].place), doubt(things[thing].place) || "stated"] }));
  if (name === "relations") return shownRelations.map((relation) => ({ thing: relation.from, other: relation.to, cells: [nameOf(relation.from), relation.label + (relation.shared ? ": " + relation.shared.map((pair) => pair[1]).join("; ") : ""), nameOf(relation.to), where(relation.place), doubt(relation.place) || "stated"] }));
  return data.findings.filter((finding) => finding.on.some((thing) => shown.has(thing)) && allowed("severity", data.severities[finding.severity])).map((finding) => ({ thing: finding.on[0], at: 2, cells: [data.severities[finding.severity], data.rules[finding.rule][1], nameOf(finding.on[0]), finding.says, where(finding.place)], order: finding.severity }));
}
function ordered(name) {
  const [column, way] = sorted[name];
  const natural = new Intl.Collator("en-GB", { numeric: true }).compare;
  const compare = (a, b) => (name === "findings" && column === 0 ? a.order - b.order : natural(String(a.cells[column]), String(b.cells[column])));
  return rowsOf(name).map((row, number) => [row, number]).sort((a, b) => way * compare(a[0], b[0]) || a[1] - b[1]).map((pair) => pair[0]);
}
function headOf(name, part) {
  const row = element("tr");
  tableHeads[name].forEach((title, column) => {
    const cell = element("th");
    const [at, way] = sorted[name];
    cell.scope = "col";
    cell.setAttribute("aria-sort", at === column ? (way > 0 ? "ascending" : "descending") : "none");
    cell.append(button(title + (at === column ? (way > 0 ? " ↑" : " ↓") : ""), "", () => {
      sorted[name] = [column, at === column ? -way : 1];
      table(name, part);
      part.querySelectorAll("th button")[column].focus();
      say("Sorted by " + title);
    }));
    row.append(cell);
  });
  const head = element("thead");
  head.append(row);
  return head;
}
function bodyOf(rows) {
  const body = element("tbody");
  rows.forEach((row) => {
    const line = element("tr");
    row.cells.forEach((cell, column) => {
      const made = element("td");
      if (column === (row.at || 0)) made.append(thingButton(row.thing));
      else if (row.other !== undefined && column === 2) made.append(thingButton(row.other));
      else if (row.order !== undefined && column === 0) made.append(element("span", String(cell), "severity " + cell));
      else made.textContent = String(cell);
      if (/\S{30}/.test(String(cell))) made.className = "long";
      line.append(made);
    });
    body.append(line);
  });
  return body;
}
function table(name, part) {
  const rows = ordered(name);
  const made = element("table");
  made.append(headOf(name, part), bodyOf(rows.slice(0, MOST_ROWS)));
  const left = rows.length > MOST_ROWS ? " The first " + MOST_ROWS.toLocaleString("en-GB") + " of " + rows.length.toLocaleString("en-GB") + " are listed: the copy and the CSV hold all of them." : "";
  part.replaceChildren(heading(name, many(rows.length, "row") + "." + left), made);
}
function heading(name, text) {
  const head = element("div", "", "head");
  const titles = { things: "Things", relations: "Relations", findings: "Gaps", outline: "Outline" };
  head.append(element("h2", titles[name]), element("span", text, "quiet"));
  if (name !== "outline") head.append(button("Copy for Excel", "button", copy), button("Download CSV", "button", download));
  return head;
}
// Plan, kind, thing, what it says: the picture in words.
function outline(part) {
  const made = [heading("outline", many(shown.size, "thing"))];
  const lines = new Map();
  shownRelations.forEach((relation) => { if (!lines.has(relation.from)) lines.set(relation.from, []); lines.get(relation.from).push(relation); });
  let left = MOST_ROWS;
  data.plans.forEach((plan, number) => {
    const own = [...shown].filter((thing) => things[thing].plan === number);
    if (!own.length || left <= 0) return;
    made.push(element("h3", (plan || "Shared by plans") + " (" + own.length + ")"));
    data.kinds.forEach((kind, place) => {
      const members = own.filter((thing) => things[thing].kind === place).slice(0, Math.max(0, left));
      if (!members.length) return;
      left -= members.length;
      const list = element("ul");
      members.forEach((thing) => list.append(outlined(thing, lines.get(thing) || [])));
      const box = element("details");
      box.open = shown.size <= 400;
      box.append(element("summary", kind.label + " (" + members.length + ")"), list);
      made.push(box);
    });
  });
  if (left <= 0) made.push(element("p", "More than " + MOST_ROWS.toLocaleString("en-GB") + " things are not listed at once: filter, or focus on a thing, to see the others.", "quiet"));
  part.replaceChildren(...made);
}
function outlined(thing, lines) {
  const item = element("li");
  item.append(thingButton(thing));
  if (findingsOf[thing].length) item.append(" ", element("span", many(findingsOf[thing].length, "gap"), "severity " + data.severities[gravest(thing)]));
  if (lines.length) {
    const inner = element("ul");
    lines.forEach((relation) => {
      const line = element("li", relation.label + " ");
      line.append(thingButton(relation.to));
      const unsure = doubt(relation.place);
      if (unsure) line.append(" ", element("span", unsure, "where doubt"));
      inner.append(line);
    });
    item.append(inner);
  }
  return item;
}
let regionShows = "";
function regions() {
  document.querySelectorAll("[data-region]").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.region === state.region)));
  document.querySelectorAll("[data-part]").forEach((part) => { part.hidden = part.id !== state.region; });
  by("act-marks").hidden = !data.findings.length;
  by("act-marks").setAttribute("aria-pressed", String(Boolean(state.marks)));
  const now = state.region + "|" + [...shown].length + "|" + written().replace(/(^|&)(sel|lit|q|marks)=[^&]*/g, "");
  if (now === regionShows) return;
  regionShows = now;
  if (state.region === "plans") plansTable(by("plans"));
  else if (state.region === "outline") outline(by("outline"));
  else if (state.region !== "picture") table(state.region, by(state.region));
}
