// The plans side by side: where a picture of several plans is too large to read, the page begins with these.
const FOREMOST = 6; // kinds with a column of their own: the first that make up a share of all
function onlyPlan(number) { return [...new Set([data.plans[number] || "shared", "shared"])]; }
function plansTable(part) {
  const real = data.plans.filter(Boolean).length;
  const head = element("div", "", "head");
  head.append(element("h2", "One plan at a time"), button("All plans in one picture", "button", () => change({ region: "picture" })));
  const say = element("p", many(total, "thing") + " of " + many(real, "plan") + " are too many to read in one picture. Choose a plan for its picture, or a number for the list behind it; or find a thing above, and see what lies around it.");
  const kinds = data.kinds.map((kind, number) => number).filter((kind) => data.kinds[kind].count > total / 35).slice(0, FOREMOST);
  const made = element("table");
  made.append(plansHead(kinds), plansBody(kinds));
  const box = element("div", "", "table");
  box.append(made);
  part.replaceChildren(head, say, box);
}
function plansHead(kinds) {
  const row = element("tr");
  ["Plan", "Things", ...kinds.map((kind) => data.kinds[kind].label), ...(data.findings.length ? ["Grave gaps"] : [])].forEach((title, column) => {
    const cell = element("th", title.charAt(0).toUpperCase() + title.slice(1), column ? "number" : "");
    cell.scope = "col";
    row.append(cell);
  });
  const head = element("thead");
  head.append(row);
  return head;
}
function plansBody(kinds) {
  const body = element("tbody");
  data.plans.map((plan, number) => number).sort((a, b) => !data.plans[a] - !data.plans[b] || a - b).forEach((number) => {
    const own = things.map((thing, place) => place).filter((thing) => things[thing].plan === number);
    const title = data.titles[number] || "Shared by plans";
    const row = element("tr");
    const name = element("th");
    name.scope = "row";
    name.append(button(title, "thing", () => { change({ plans: onlyPlan(number), kinds: null, region: "picture" }); by("picture").focus(); }));
    row.append(name, listed(own.length, title, "things", { plans: [data.plans[number] || "shared"], kinds: null, region: "things" }));
    kinds.forEach((kind) => {
      const count = own.filter((thing) => things[thing].kind === kind).length;
      row.append(listed(count, title, data.kinds[kind].label, { plans: [data.plans[number] || "shared"], kinds: [data.kinds[kind].name], region: "things" }));
    });
    if (data.findings.length) {
      const graves = data.findings.filter((finding) => finding.severity === 0 && finding.on.some((thing) => things[thing].plan === number)).length;
      row.append(listed(graves, title, "grave gaps", { plans: [data.plans[number] || "shared"], kinds: null, severity: [data.severities[0]], region: "findings" }));
    }
    body.append(row);
  });
  return body;
}
function listed(count, title, what, where) {
  const cell = element("td", count ? "" : "–", "number");
  if (count) {
    const made = button(count.toLocaleString("en-GB"), "thing", () => { change(where); by(where.region).focus(); });
    made.setAttribute("aria-label", made.textContent + ", " + what + ", " + title);
    cell.append(made);
  }
  return cell;
}
