"""A plan edited in its workbook in every way at once says what the same edits say in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cspgraph.changes.records import flatten
from cspgraph.office.layout import STAR
from cspgraph.ontology import read_vocabulary
from cspgraph.plans.canonical import canonical_form
from cspgraph.plans.markup import compose
from cspgraph.resources import library
from tests.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

BODIES = {"metropolitan-police": "Metropolitan Police Service"}  # that the reference data have
Action = dict[str, Any]


class Model:
    """A plan as plain data, written as a file: what is done to it is what is done to the workbook."""

    def __init__(self) -> None:
        self.priorities = {"P1": "Burglary", "P2": "Noise & light"}
        self.teams = {"team": "Bicycle Team", "twin": "Path Officer"}
        self.posts = {"post": "Path Officer"}  # the title of a team: their labels carry their ids
        self.actions: dict[str, Action] = {
            f"A{number}": {
                "title": f"Do the {word} thing",
                "serves": ["P1", "P2"][: number % 3],
                "leads": [["team"], ["post", "metropolitan-police"], []][number % 3],
                "when": ["March 2027", "", "2028/29"][number % 3],
                "steps": [f"{word} step {step}" for step in range(1, number % 3 + 1)],
            }
            for number, word in enumerate(("first", "second", "third", "fourth", "fifth"), start=1)
        }

    def text(self, vocabulary: Any) -> str:
        """Return the plan file in its canonical form."""
        lines = ["plan: edited", "source: doc", "title: An edited plan", "lines: 1", "kind: partnership-plan"]
        for section in ("priorities", "teams", "posts"):
            lines.append(f"{section}:")
            lines += [f"  {ref}: {{title: {title}, lines: 2}}" for ref, title in getattr(self, section).items()]
        lines.append("actions:")
        for ref, action in self.actions.items():
            lines += [f"  {ref}:", f"    title: {action['title']}", "    lines: 3"]
            lines += [f"    contributesTo: [{', '.join(action['serves'])}]"] if action["serves"] else []
            lines += [f"    ledBy: [{', '.join(f'{one} @4' for one in action['leads'])}]"] if action["leads"] else []
            lines += [f"    timescale: {{kind: due, when: {action['when']}, lines: 5}}"] if action["when"] else []
            lines += ["    step:"] if action["steps"] else []
            lines += [f"      {number}: {title} @6" for number, title in enumerate(action["steps"], start=1)]
        return canonical_form(library().ontology[0], "\n".join([*lines, ""]).encode(), vocabulary)

    def label(self, ref: str) -> str:
        """Return how the workbook that was exported calls a body."""
        names = {**BODIES, **self.teams, **self.posts}
        title = names[ref]
        return f"{title} [{ref}]" if list(names.values()).count(title) > 1 else title


def said(content: str, vocabulary: Any) -> dict[Any, Any]:
    """Return all that a plan file says, whatever its order."""
    return {
        path: (record.own, {word: sorted(map(repr, values)) for word, values in record.values.items() if values})
        for path, record in flatten(compose("", content.encode()), vocabulary).items()
    }


# -------------------------------------------------------------------- the workbook as rows

Rows = list[dict[str, Any]]


def rows_of(desk: Desk, name: str) -> Rows:
    page = desk.sheet(name)
    heads = [str(cell.value).removesuffix(STAR) for cell in page[1]]
    found = [
        dict(zip(heads, (cell.value for cell in row), strict=True)) for row in page.iter_rows(min_row=2)
    ]  # fmt: skip
    return [row for row in found if any(value is not None for value in row.values())]


def put_back(desk: Desk, name: str, rows: Rows, gaps: list[int]) -> None:
    """Write the rows of a sheet anew, with empty rows between some."""
    page = desk.sheet(name)
    heads = [str(cell.value).removesuffix(STAR) for cell in page[1]]
    for line in page.iter_rows(min_row=2):
        for old in line:
            old.value = None
    at = 1
    for number, row in enumerate(rows):
        at += 1 + (gaps[number % len(gaps)] if gaps else 0)
        for column, head in enumerate(heads, start=1):
            cell = page.cell(at, column)
            cell.value = row.get(head)
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type


def typed(draw: Any, desk: Desk, model: Model, ref: str) -> str:
    """Return a body as somebody may type it: its label, in another case, with spaces around it, or its reference."""
    label = model.label(ref)
    return str(draw(st.sampled_from([label, label.upper(), f" {label}\u00a0", ref])))


# -------------------------------------------------------------------- edits, to both


def _edit(draw: Any, desk: Desk, model: Model) -> None:
    actions, steps, teams = rows_of(desk, "Actions"), rows_of(desk, "Steps"), rows_of(desk, "Teams")
    before = {ref: action["title"] for ref, action in model.actions.items()}
    if draw(st.booleans()):  # a new team, which new and old actions may name
        model.teams["new-team"] = "Lamp Team"
        teams.append({"ref": None, "title": "Lamp Team", "lines": "2"})
    for ref in list(model.actions):
        mine = [row for row in actions if row["ref"] == ref]
        what = draw(st.sets(st.sampled_from(["delete", "title", "lead", "when", "step", "serves"]), max_size=3))
        if "delete" in what:
            del model.actions[ref]
            actions = [row for row in actions if row["ref"] != ref]
            if draw(st.booleans()):  # its steps may be deleted too, or left
                steps = [row for row in steps if row["belongs to"] != before[ref]]
            continue
        _change(draw, desk, model, ref, mine, what)
        actions += [row for row in mine if row not in actions]
        if "title" in what and draw(st.booleans()):
            for row in steps:
                row["belongs to"] = (
                    model.actions[ref]["title"] if row["belongs to"] == before[ref] else row["belongs to"]
                )
        if "step" in what:
            model.actions[ref]["steps"].append("one step more")
            owner = draw(st.sampled_from([before[ref], model.actions[ref]["title"], ref]))
            steps.append({"belongs to": owner, "title": "one step more", "lines": "6"})
    if draw(st.booleans()):
        _add(draw, desk, model, actions, steps)
    for name, rows in (("Actions", actions), ("Steps", steps), ("Teams", teams)):
        put_back(desk, name, draw(st.permutations(rows)), draw(st.lists(st.integers(0, 3), max_size=3)))


def _add(draw: Any, desk: Desk, model: Model, actions: Rows, steps: Rows) -> None:
    model.actions["new"] = {"title": "Quite new", "serves": ["P2"], "leads": [], "when": "", "steps": ["Begin"]}
    lead = draw(st.sampled_from(["", *model.teams]))
    row = {"ref": None, "title": "Quite new", "lines": "3", "contributes to": "noise & LIGHT"}
    if lead:
        model.actions["new"]["leads"] = [lead]
        row |= {
            "led by": "Lamp Team" if lead == "new-team" else typed(draw, desk, model, lead),
            "led by: lines": "4",
        }
    actions.append(row)
    steps.append({"belongs to": "quite new", "title": "Begin", "lines": "6"})


def _change(draw: Any, desk: Desk, model: Model, ref: str, mine: Rows, what: set[str]) -> None:
    action = model.actions[ref]
    first = next(row for row in mine if row["title"])
    if "title" in what:
        action["title"] = first["title"] = f"{action['title']} anew"
    if "when" in what and action["when"]:
        action["when"] = first["timescale: when"] = draw(st.sampled_from(["May 2031", "2032/33"]))
    if "serves" in what:
        action["serves"] = [draw(st.sampled_from(["P1", "P2"]))]
        for row in mine:
            row["contributes to"] = None
        first["contributes to"] = model.priorities[action["serves"][0]]
    if "lead" in what:  # retyped, added to, or given up: the hidden ids stay as they are
        action["leads"] = draw(st.lists(st.sampled_from(["team", "twin", "post", *BODIES]), max_size=3, unique=True))
        mine += [{"ref": ref} for _ in range(len(action["leads"]) - len(mine))]
        for number, row in enumerate(mine):
            lead = action["leads"][number] if number < len(action["leads"]) else None
            row["led by"] = typed(draw, desk, model, lead) if lead else None
            row["led by: lines"] = "4" if lead else None


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
@pytest.mark.slow
def test_the_same_edits_in_the_workbook_and_in_the_file_say_the_same(data: st.DataObject, tmp_path: Path) -> None:
    vocabulary, model = read_vocabulary(library().ontology), Model()
    desk = Desk(tmp_path / "edits", model.text(vocabulary))
    _edit(data.draw, desk, model)
    taken = desk.take()
    assert [str(problem) for problem in taken.problems] == []
    found = said(taken.content.decode(), vocabulary)
    named = {path[0][1]: record[1].get("title", [""])[0] for path, record in found.items() if len(path) == 1}
    for things, placeholder, title in ((model.actions, "new", "'Quite new'"), (model.teams, "new-team", "'Lamp Team'")):
        if placeholder in things:  # under the reference that it was given
            (ref,) = [ref for ref, said_title in named.items() if title in said_title]
            things[ref] = things.pop(placeholder)  # type: ignore[assignment]
            for action in model.actions.values():
                action["leads"] = [ref if lead == placeholder else lead for lead in action["leads"]]
    wanted = said(model.text(vocabulary), vocabulary)
    assert found == wanted
