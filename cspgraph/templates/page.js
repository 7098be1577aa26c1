"use strict";
// The page's own behaviour: search, choose, panel, table. Text is only ever set as text.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const things = data.things;
  const relations = data.relations;
  const panel = document.getElementById("panel");
  const nodes = new vis.DataSet(data.nodes);
  const edges = new vis.DataSet(data.edges.map((edge, number) => Object.assign({ id: "e" + number }, edge)));
  const network = new vis.Network(document.getElementById("picture"), { nodes, edges }, data.options);
  network.once("afterDrawing", () => { document.body.dataset.drawn = "yes"; });

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function where(place) {
    const lines = place.lines ? (/[-,]/.test(place.lines) ? ", lines " : ", line ") + place.lines : "";
    return place.source ? place.source + lines : "";
  }

  function thingButton(key) {
    const button = element("button", things[key].label, "thing");
    button.type = "button";
    button.addEventListener("click", () => choose(key, true));
    return button;
  }

  function statement(relation, key) {
    const item = element("li");
    item.append(thingButton(key), " ");
    item.append(element("span", where(relation), "where"));
    if (relation.status !== "stated") {
      item.append(" ", element("span", relation.status + (relation.why ? ": " + relation.why : ""), "where doubt"));
    }
    return item;
  }

  function group(title, found, end) {
    if (!found.length) return;
    panel.append(element("h3", title));
    const list = element("ul");
    found.forEach((relation) => list.append(statement(relation, relation[end])));
    panel.append(list);
  }

  function grouped(found) {
    const groups = new Map();
    found.forEach((relation) => groups.set(relation.label, (groups.get(relation.label) || []).concat([relation])));
    return groups;
  }

  function choose(key, move) {
    const thing = things[key];
    panel.replaceChildren(element("h2", thing.label), element("p", thing.kind + " " + thing.id), element("p", where(thing), "where"));
    if (thing.status !== "stated") panel.append(element("p", thing.status, "where doubt"));
    grouped(relations.filter((relation) => relation.from === key)).forEach((found, label) => group(label, found, "to"));
    grouped(relations.filter((relation) => relation.to === key)).forEach((found, label) => group("← " + label, found, "from"));
    network.selectNodes([key]);
    if (move) network.focus(key, { scale: Math.max(network.getScale(), 0.8) });
    document.body.dataset.chosen = thing.id;
  }

  network.on("selectNode", (event) => choose(event.nodes[0], false));

  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const count = document.getElementById("count");
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    const keys = wanted ? Object.keys(things).filter((key) => (things[key].label + " " + things[key].id).toLowerCase().includes(wanted)) : [];
    found.replaceChildren(...keys.slice(0, 50).map((key) => {
      const item = element("li");
      item.append(thingButton(key), " ", element("span", things[key].kind, "where"));
      return item;
    }));
    count.textContent = wanted ? keys.length + (keys.length === 1 ? " thing" : " things") : "";
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && found.firstChild) found.querySelector("button").click();
    if (event.key === "Escape") { search.value = ""; search.dispatchEvent(new Event("input")); }
  });

  document.getElementById("rows").append(...relations.map((relation) => {
    const row = element("tr");
    [things[relation.from].label, relation.label, things[relation.to].label, where(relation)].forEach((text) => row.append(element("td", text)));
    row.append(element("td", relation.status + (relation.why ? ": " + relation.why : "")));
    return row;
  }));
})();
