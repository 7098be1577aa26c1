// Search and filters.
const search = by("search");
function finds(text) {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const hits = [];
  wordsOf.forEach((own, thing) => { if (words.every((word) => own.includes(word))) hits.push(thing); });
  const whole = words.join(" ");
  const rank = (thing) => { const label = things[thing].label.toLowerCase(); return label === whole || things[thing].id.toLowerCase() === whole ? 0 : label.startsWith(whole) ? 1 : label.includes(whole) ? 2 : 3; };
  return hits.sort((a, b) => rank(a) - rank(b) || a - b);
}
function look() {
  if (search.value !== state.q) search.value = state.q;
  const hits = finds(state.q);
  by("found").replaceChildren(...hits.slice(0, 50).map((thing) => {
    const item = element("li");
    item.append(thingButton(thing), " ", element("span", kindOf(thing).label + " · " + planOf(thing), "quiet"));
    return item;
  }));
  by("count").textContent = state.q.trim() ? many(hits.length, "thing") + (hits.length > 50 ? ", the first 50 shown" : "") : "";
}
search.addEventListener("input", () => { change({ q: search.value }, true); });
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && by("found").firstChild) by("found").querySelector("button").click();
  if (event.key === "Escape") { change({ q: "" }, true); event.stopPropagation(); }
  if (event.key === "ArrowDown" && by("found").firstChild) { by("found").querySelector("button").focus(); event.preventDefault(); }
});

const boxes = [];
function fieldset(facet, title, entries) {
  const set = element("fieldset");
  set.append(element("legend", title));
  entries.forEach(([name, label, count, kind]) => {
    const line = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.checked = true;
    box.dataset.facet = facet;
    box.dataset.name = name;
    box.addEventListener("change", () => filter(facet));
    boxes.push(box);
    line.append(box);
    if (kind) {
      const sign = element("span", kind.sign, "sign kinds");
      sign.style.setProperty("--light", kind.colour);
      sign.style.setProperty("--dark", kind.dark);
      sign.setAttribute("aria-hidden", "true");
      line.append(sign);
    }
    line.append(element("span", label), element("span", count.toLocaleString("en-GB"), "count"));
    set.append(line);
  });
  const all = boxes.filter((box) => box.dataset.facet === facet);
  set.append(button("All", "thing", () => change({ [facet]: null })), " ", button("None", "thing", () => { all.forEach((box) => { box.checked = false; }); filter(facet); }));
  set.querySelectorAll("button").forEach((made) => made.setAttribute("aria-label", made.textContent + ", " + title.toLowerCase()));
  by("filters").append(set);
}
function filter(facet) {
  const own = boxes.filter((box) => box.dataset.facet === facet);
  const on = own.filter((box) => box.checked).map((box) => box.dataset.name);
  change({ [facet]: on.length === own.length ? null : on });
}
function counted(list, key) { const found = new Map(); list.forEach((one) => found.set(key(one), (found.get(key(one)) || 0) + 1)); return found; }
function filters() {
  fieldset("kinds", "Kinds", data.kinds.map((kind) => [kind.name, kind.label, kind.count, kind]));
  const plans = counted(things, (thing) => thing.plan);
  if (data.plans.length > 1) fieldset("plans", "Plans", data.plans.map((plan, number) => [plan || "shared", plan || "shared by plans", plans.get(number) || 0]));
  const names = counted(relations, (relation) => relation.name);
  const labels = new Map(relations.map((relation) => [relation.name, relation.label]));
  if (data.layout !== "communities") fieldset("relations", "Relations", [...names.keys()].sort((a, b) => names.get(b) - names.get(a) || (a < b ? -1 : 1)).map((name) => [name, labels.get(name), names.get(name)]));
  const sure = counted(relations, (relation) => statusOf(relation.place));
  const statuses = facets.status.filter((name) => sure.get(name));
  if (statuses.length > 1) fieldset("status", "How sure", statuses.map((name) => [name, name, sure.get(name)]));
  if (data.findings.length) {
    const holds = (name) => things.filter((thing, number) => (name === "none" ? !findingsOf[number].length : findingsOf[number].some((finding) => data.severities[finding.severity] === name))).length;
    fieldset("severity", "Gaps", facets.severity.map((name) => [name, name === "none" ? "no gap" : name, holds(name)]));
  }
}
function check() { boxes.forEach((box) => { box.checked = allowed(box.dataset.facet, box.dataset.name); }); }
