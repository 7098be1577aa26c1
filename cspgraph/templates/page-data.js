// What the page holds, as it came from the graph. Text is only ever set as text.
const data = JSON.parse(document.getElementById("data").textContent);
const things = data.things;
const total = things.length;
const by = (id) => document.getElementById(id);
const relations = data.edges.map((edge, number) => {
  const row = data.relations[number];
  const word = data.words[row[0]];
  return { number, from: edge.from, to: edge.to, word: row[0], label: word[0], inverse: word[1], name: word[2], depends: word[3], place: row[1], shared: row[2] || null };
});
const touching = things.map(() => []);
relations.forEach((relation) => { touching[relation.from].push(relation); if (relation.to !== relation.from) touching[relation.to].push(relation); });
const known = new Map(things.map((thing, number) => [thing.id, number]));

const findingsOf = things.map(() => []);
data.findings.forEach((finding, number) => {
  finding.number = number;
  finding.severity = data.rules[finding.rule][2];
  finding.on.forEach((thing) => findingsOf[thing].push(finding));
});
findingsOf.forEach((list) => list.sort((a, b) => a.severity - b.severity));
const gravest = (thing) => (findingsOf[thing].length ? findingsOf[thing][0].severity : data.severities.length);

// What is said, by subject and by value; the description and other names of a thing are found by search too.
const says = things.map(() => []);
const saidOf = things.map(() => []);
data.said.forEach((row) => {
  if (row[0] < total) says[row[0]].push(row);
  if (typeof row[2] === "number" && row[2] < total && row[2] !== row[0]) saidOf[row[2]].push(row);
});
const textual = new Set(["altLabel", "description", "notation", "identifier", "objective", "asPrinted"]);
const wordsOf = things.map((thing, number) => {
  const own = says[number].filter((row) => typeof row[2] === "string" && textual.has(data.words[row[1]][2])).map((row) => row[2]);
  return [thing.label, thing.id, thing.ref || "", ...own].join(" \u0001 ").toLowerCase();
});

function nameOf(number) { return number < total ? things[number].label : data.others[number - total][1]; }
function kindOf(thing) { return data.kinds[things[thing].kind]; }
function planOf(thing) { return data.plans[things[thing].plan] || "shared by plans"; }
function statusOf(place) { return place[4] ? "disputed" : data.statuses[place[2] || 0]; }
function where(place) {
  if (!place || !data.sources[place[0]]) return "";
  const lines = place[1] ? (/[-,]/.test(place[1]) ? ", lines " : ", line ") + place[1] : "";
  return data.sources[place[0]] + lines;
}
function doubt(place) {
  if (!place) return "";
  const said = [];
  if (place[2]) said.push(data.statuses[place[2]] + (place[3] ? ": " + place[3] : ""));
  if (place[4]) said.push("disputed: " + place[4]);
  return said.join("; ");
}
function many(count, one, more) { return count.toLocaleString("en-GB") + " " + (count === 1 ? one : more || one + "s"); }

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}
function button(text, className, act) {
  const made = element("button", text, className);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}
function thingButton(number) {
  const made = button(things[number].label, "thing", () => choose(number, true));
  made.dataset.thing = things[number].id;
  return made;
}
function say(text) { by("live").textContent = text; }
