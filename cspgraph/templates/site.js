"use strict";
// Sorting, filtering and search, with their state in the address. Without it everything is there all the same.
(function () {
  const state = new Map();
  const known = location.hash.includes("=") ? location.hash.slice(1) : "";
  known.split("&").forEach((pair) => {
    const at = pair.indexOf("=");
    if (at > 0) { try { state.set(pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))); } catch (error) { /* not ours */ } }
  });
  function keep(key, value) {
    if (value) state.set(key, value); else state.delete(key);
    const said = Array.from(state, ([name, text]) => name + "=" + encodeURIComponent(text)).join("&");
    history.replaceState(null, "", said ? "#" + said : location.pathname + location.search);
  }
  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }
  function plural(number, what) { return number + " " + what + (number === 1 ? "" : "s"); }

  // ---- tables: a button in each heading
  function value(row, column) {
    const cell = row.cells[column];
    return cell ? cell.dataset.value || cell.textContent.trim() : "";
  }
  const order = new Intl.Collator("en-GB", { numeric: true });
  function sort(table, column, down) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    rows.sort((a, b) => (down ? -1 : 1) * order.compare(value(a, column), value(b, column)));
    body.append(...rows);
    Array.from(table.tHead.rows[0].cells).forEach((cell, at) => {
      if (at === column) cell.setAttribute("aria-sort", down ? "descending" : "ascending"); else cell.removeAttribute("aria-sort");
    });
  }
  document.querySelectorAll("table.sortable").forEach((table) => {
    Array.from(table.tHead.rows[0].cells).forEach((cell, column) => {
      const button = element("button", cell.textContent.trim(), "sort");
      button.type = "button";
      button.addEventListener("click", () => {
        const down = cell.getAttribute("aria-sort") === "ascending";
        sort(table, column, down);
        keep(table.id + ".sort", column + (down ? "d" : "a"));
      });
      cell.replaceChildren(button);
    });
    const said = /^(\d+)([ad])$/.exec(state.get(table.id + ".sort") || "");
    if (said && Number(said[1]) < table.tHead.rows[0].cells.length) sort(table, Number(said[1]), said[2] === "d");
  });

  // ---- filters: rows or parts that do not hold the words are hidden
  document.querySelectorAll(".filter").forEach((filter) => {
    const target = document.getElementById(filter.dataset.for);
    const parts = target.tBodies ? Array.from(target.tBodies[0].rows) : Array.from(target.querySelectorAll(".part"));
    const words = filter.querySelector(".words");
    const count = filter.querySelector(".count");
    const texts = parts.map((part) => part.textContent.toLowerCase());
    function apply() {
      const wanted = words.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      parts.forEach((part, at) => {
        part.hidden = !wanted.every((word) => texts[at].includes(word));
        if (!part.hidden) shown += 1;
      });
      target.querySelectorAll(".group").forEach((group) => { group.hidden = !group.querySelector(".part:not([hidden])"); });
      count.textContent = wanted.length ? shown + " of " + parts.length + " shown" : "";
    }
    filter.hidden = false;
    words.value = state.get(target.id) || "";
    words.addEventListener("input", () => { apply(); keep(target.id, words.value.trim()); });
    if (words.value) apply();
  });

  // ---- search: the index stands in the page
  const search = document.getElementById("search");
  const index = document.getElementById("index");
  if (search && index) {
    const entries = JSON.parse(index.textContent);
    const texts = entries.map((entry) => entry.slice(1).join(" ").toLowerCase());
    const found = document.getElementById("found");
    const count = document.getElementById("count");
    const show = () => {
      const said = search.value.trim().toLowerCase();
      const wanted = said.split(/\s+/).filter(Boolean);
      const hits = [];
      if (wanted.length) texts.forEach((text, at) => { if (wanted.every((word) => text.includes(word))) hits.push(at); });
      // What bears the very words goes before what only holds them.
      const rank = (at) => (entries[at][1].toLowerCase() === said || entries[at][3].toLowerCase() === said ? 0 : entries[at][1].toLowerCase().includes(said) ? 1 : 2);
      hits.sort((a, b) => rank(a) - rank(b) || a - b);
      found.replaceChildren(...hits.slice(0, 40).map((at) => {
        const item = element("li");
        const link = element("a", entries[at][1]);
        link.href = entries[at][0];
        item.append(link, " ", element("span", entries[at][2] + ", " + entries[at][3], "where"));
        return item;
      }));
      count.textContent = wanted.length ? plural(hits.length, "thing") + (hits.length > 40 ? ", the first 40 shown" : "") : "";
    };
    document.getElementById("finder").hidden = false;
    search.value = state.get("q") || "";
    search.addEventListener("input", () => { show(); keep("q", search.value.trim()); });
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { const first = found.querySelector("a"); if (first) first.click(); }
      if (event.key === "Escape") { search.value = ""; search.dispatchEvent(new Event("input")); }
    });
    show();
  }

  // ---- one key: / goes to the search or the first filter
  document.addEventListener("keydown", (event) => {
    const field = search || document.querySelector(".filter .words");
    if (event.key === "/" && field && !/INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
    }
  });
  document.body.dataset.ready = "yes";
})();
