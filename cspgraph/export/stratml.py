"""One plan as StratML: what maps to what, and what is lost, is decision 11.

What StratML has no element for stands in OtherInformation, a line for each statement: the label of the relation, the
value, in brackets the reference of a thing. `cspgraph import` reads these lines back.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from cspgraph.export.pieces import Piece, line, some, written
from cspgraph.export.properties import plain, texts
from cspgraph.stratml import KIND, MEMBER, NAME, NAMESPACES, NO_GOAL, ORGANISED, PERFORMERS, ROOTS, doubted
from cspgraph.terms import CSP, ID
from cspgraph.text import natural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cspgraph.export import Request
    from cspgraph.export.properties import Row, Value

_SILENT = {
    *("id", "label", "kind", "plan", "part", "source", "lines", "status", "why", "disputed", "evidence"),
    *("position", "ref", "identifier", "targetsGroup"),
}
_DERIVED = re.compile(r".+_(printed|precision|earliest|latest|begins|ends)")
_OBJECTIVES = ("Action", "Undertaking", "Commitment")


def stratml(request: Request) -> bytes:
    """Return the one plan that is loaded or named, as Part 2 or Part 1. Raises CspgraphError for several plans."""
    writer = _Writer(request, request.one_plan("a StratML file"))
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', *written(writer.root(), 0), ""]).encode()


class _Writer:
    def __init__(self, request: Request, plan: str) -> None:
        self.part, self.vocabulary, self.plan = request.part, request.vocabulary, plan
        self.things: dict[str, Row] = {str(row["id"]): row for row in request.rows.things}
        self.labels = request.rows.labels
        self.out: dict[str, list[Row]] = defaultdict(list)
        self.into: dict[str, list[Row]] = defaultdict(list)
        for row in request.rows.relations:
            self.out[str(row["from"])].append(row)
            self.into[str(row["to"])].append(row)
        self.identifiers = self._identifiers()
        self.goals = self._goals()
        self.homes = self._homes()
        self.measured = self._measured()

    # ------------------------------------------------------------ what stands where

    def own(self, *kinds: str) -> list[str]:
        """Return the things of the plan of some kinds, in the order of their references."""
        found = [name for name, row in self.things.items() if row["kind"] in kinds and row["plan"] == self.plan]
        return sorted(found, key=natural)

    def ends(self, thing: str, relation: str) -> list[str]:
        return [str(row["to"]) for row in self.out[thing] if row["relation"] == relation]

    def _identifiers(self) -> dict[str, str]:
        """Return the Identifier of each thing: the one it came with, or its reference; each once in a file."""
        found: dict[str, str] = {}
        for name in self.own("Priority", *_OBJECTIVES, "Indicator", "Outcome", *ORGANISED, "Post", "Collective"):
            brought = str(self.things[name].get("identifier", ""))
            fits = NAME.fullmatch(brought) and brought not in found.values()
            found[name] = brought if fits else f"_{self.tail(name)}"
        return found

    def label(self, thing: str) -> str:
        return str(self.things[thing]["label"])

    def tail(self, thing: str) -> str:
        """Return the reference of a thing of this plan, or the short name of another."""
        return thing.removeprefix(f"{self.plan}/")

    def _goals(self) -> list[str]:
        """Return the priorities that are the plan's own, the widest first; principles under which nothing stands are Values."""
        own = [name for name in self.own("Priority") if set(self.ends(name, "framework")) <= {self.plan}]
        own = [name for name in own if not self._is_value(name)]
        return sorted(own, key=lambda name: (bool(self.ends(name, "broader")), natural(name)))

    def _is_value(self, name: str) -> bool:
        held = [row for row in self.into[name] if row["relation"] != "alignment"]
        return self.things[name].get("tier") == "principle" and not held

    def _homes(self) -> dict[str, list[str]]:
        """Return the objectives of each goal, and under an empty name those without one; an action stands once."""
        homes: dict[str, list[str]] = defaultdict(list)
        for name in self.own(*_OBJECTIVES):
            rows = [row for row in self.out[name] if row["relation"] == "contributesTo" and row["to"] in self.goals]
            # The narrowest goal that the plan states: the wider ones follow from it.
            rows.sort(key=lambda row: (row["status"] != "stated", -self.goals.index(str(row["to"]))))
            homes[str(rows[0]["to"]) if rows else ""].append(name)
        return homes

    # ------------------------------------------------------------ elements

    def root(self) -> Piece:
        row = self.things[self.plan]
        core = [
            *self.organisations(),
            *self._text("Vision", row.get("vision", "")),
            *self._text("Mission", row.get("aim", "")),
            *(self.value(name) for name in sorted(filter(self._is_value, self.own("Priority")), key=self.label)),
            *(self.goal(name) for name in self.goals),
        ]
        if self.rest() or not self.goals:
            core.append(self.goal(""))
        said = [
            Piece("Name", str(row["label"])),
            *some("Description", plain(row.get("description", ""))),
            *some("OtherInformation", self.other(self.plan, "vision", "aim", "description", "owner", "source")),
            Piece("StrategicPlanCore", core),
            self.administration(row),
        ]
        kind = {"Type": "Performance_Plan"} if self.part == 2 else {}
        return Piece(ROOTS[self.part], said, {"xmlns": NAMESPACES[self.part][0], **kind})

    def _text(self, name: str, value: Value) -> list[Piece]:
        told = "\n".join(map(line, texts(value)))
        return [Piece(name, [Piece("Description", told)])] if told else []

    def administration(self, row: Row) -> Piece:
        issued = row.get("issued_earliest", "") if row.get("issued_precision") == "day" else ""
        return Piece(
            "AdministrativeInformation",
            [
                *(some("Identifier", f"_{self.plan}") if self.part == 2 else []),
                *some("StartDate", plain(row.get("period_begins_earliest", ""))),
                *some("EndDate", plain(row.get("period_ends_latest", ""))),
                *some("PublicationDate", plain(issued)),
                Piece("Source", f"{ID}{self.plan}"),
            ],
        )

    def organisations(self) -> list[Piece]:
        owners = self.ends(self.plan, "owner")
        found = []
        for position, name in enumerate(owners or [""]):
            row = self.things.get(name, {})
            more = self.members(name)
            stakeholders = self.stakeholders([*([] if position else self.bodies(self.plan, "owner")), *more])
            if name or stakeholders:
                identifier = self.identifiers.get(name, "")
                said = [*some("Name", str(row.get("label", ""))), *some("Identifier", identifier)]
                said += some("Description", plain(row.get("description", "")))
                found.append(Piece("Organization", [*said, *stakeholders]))
        return found

    def members(self, name: str) -> list[Row]:
        """Return the members of a partnership or board, as if it had a relation to each."""
        found = []
        for part in self.ends(name, "member"):
            role = plain(self.things[part].get("role", ""))
            label = f"{MEMBER}: {role}" if role else MEMBER
            bodies = [row for row in self.out[part] if self.is_body(str(row["to"]))]
            found += [{**row, "relation": MEMBER, "label": label} for row in bodies]
        return found

    def value(self, name: str) -> Piece:
        row = self.things[name]
        text = plain(row.get("objective", "") or row.get("description", ""))
        return Piece("Value", [Piece("Name", str(row["label"])), *some("Description", text)])

    def goal(self, name: str) -> Piece:
        row = self.things.get(name, {})
        said = [
            Piece("Name", str(row.get("label", NO_GOAL))),
            Piece("Description", plain(row.get("objective", ""))),
            *some("Identifier", self.identifiers.get(name, "")),
            *some("SequenceIndicator", str(row.get("ref", ""))),
            *(self.stakeholders(self.bodies(name)) if name else []),
            *some("OtherInformation", self.other(name, "objective") if name else ""),
            *(self.objective(action) for action in self.homes[name]),
        ]
        measures = self.measures(name) if name else self.rest()
        return Piece("Goal", [*said, *([Piece("Objective", measures)] if measures else [])])

    def objective(self, name: str) -> Piece:
        row = self.things[name]
        steps = sorted(self.ends(name, "step"), key=lambda step: int(plain(self.things[step].get("position", 0))))
        numbered = [f"{position}. {self.things[step]['label']}" for position, step in enumerate(steps, start=1)]
        text = "\n".join([*filter(None, [plain(row.get("description", ""))]), *numbered])
        said = [
            Piece("Name", str(row["label"])),
            *some("Description", text),
            Piece("Identifier", self.identifiers[name]),
            Piece("SequenceIndicator", str(row.get("ref", ""))),
            *self.stakeholders(self.bodies(name), row.get("targetsGroup", "")),
            *some("OtherInformation", self.other(name, "description", "step", "expects", "measuredBy")),
        ]
        return Piece("Objective", [*said, *self.measures(name)])

    # ------------------------------------------------------------ who

    def is_body(self, name: str) -> bool:
        kind = str(self.things[name]["kind"]) if name in self.things else ""
        return self.vocabulary.is_a(f"{CSP}{kind}", [f"{CSP}Body"])

    def bodies(self, name: str, *skip: str) -> list[Row]:
        return [row for row in self.out[name] if self.is_body(str(row["to"])) and row["relation"] not in skip]

    def stakeholders(self, rows: Iterable[Row], groups: Value = "") -> list[Piece]:
        """Return each body once, with all its roles; groups that are to benefit after them."""
        found: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
        for row in rows:
            body = self.things[str(row["to"])]
            sort = "Organization" if body["kind"] in ORGANISED else "Generic_Group"
            found[line(str(body["label"])), sort][str(row["label"])] = row
        pieces = [
            self._stakeholder(name, sort, [roles[label] for label in sorted(roles)])
            for (name, sort), roles in sorted(found.items())
        ]
        for group in sorted(map(line, texts(groups))):
            role = Piece("Role", [Piece("Name", self.labels["targetsGroup"]), Piece("RoleType", "Beneficiary")])
            said = [role] if self.part == 2 else [Piece("Description", self.labels["targetsGroup"])]
            attributes = {"StakeholderTypeType": "Generic_Group"}
            pieces.append(Piece("Stakeholder", [Piece("Name", group), *said], attributes))
        return pieces

    def _stakeholder(self, name: str, sort: str, roles: list[Row]) -> Piece:
        if self.part == 1:
            told = [self.doubted(str(row["label"]), row) for row in roles]
            said = [Piece("Description", "\n".join(map(line, told)))]
        else:
            said = [self._role(row) for row in roles]
        return Piece("Stakeholder", [Piece("Name", name), *said], {"StakeholderTypeType": sort})

    def _role(self, row: Row) -> Piece:
        doubt = line(self.doubted("", row))
        performs = "Performer" if row["relation"] in PERFORMERS else ""
        return Piece(
            "Role", [Piece("Name", str(row["label"])), *some("Description", doubt), *some("RoleType", performs)]
        )

    # ------------------------------------------------------------ measures

    def _measured(self) -> dict[str, list[str]]:
        """Return the indicators and outcomes of the plan by the goal or objective under which each stands, once."""
        homes: dict[str, list[str]] = defaultdict(list)
        inside = {*self.goals, *self.own(*_OBJECTIVES)}
        for name in self.own("Indicator", "Outcome"):
            above = [str(row["from"]) for row in self.into[name] if row["relation"] in ("measuredBy", "expects")]
            above += self.ends(name, "contributesTo")
            fitting = sorted(
                (home for home in above if home in inside), key=lambda home: (home in self.goals, natural(home))
            )
            homes[fitting[0] if fitting else ""].append(name)
        return homes

    def measures(self, name: str) -> list[Piece]:
        return [self.indicator(one) for one in self.measured.get(name, [])] if self.part == 2 else []

    def rest(self) -> list[Piece]:
        return self.measures("")

    def indicator(self, name: str) -> Piece:
        row = self.things[name]
        outcome = row["kind"] == "Outcome"
        results = [] if outcome else [*self._results(name, "target"), *self._results(name, "observation")]
        attributes = {"PerformanceIndicatorType": "Quantitative" if results or row.get("unit") else "Qualitative"}
        if outcome:
            attributes = {"ValueChainStage": "Outcome", "PerformanceIndicatorType": "Qualitative"}
        said = [
            Piece("SequenceIndicator", str(row.get("ref", ""))),
            Piece("MeasurementDimension", str(row["label"])),
            Piece("UnitOfMeasurement", plain(row.get("unit", ""))),
            Piece("Identifier", self.identifiers[name]),
            *(self._relationship(other) for other in self.ends(name, "carries") if other.startswith("ref/")),
            *([Piece("MeasurementInstance", results)] if results else []),
            *some("OtherInformation", self.other(name, "unit", "target", "observation", "carries", inverse=True)),
        ]
        return Piece("PerformanceIndicator", said, attributes)

    def _relationship(self, name: str) -> Piece:
        framework = [str(self.things[one]["label"]) for one in self.ends(name, "framework") if one in self.things]
        said = [Piece("ReferentIdentifier", name), Piece("Name", str(self.things[name]["label"]))]
        said += some("Description", "; ".join(framework))
        return Piece("Relationship", said, {"RelationshipType": "Narrower_Than"})

    def _results(self, name: str, relation: str) -> list[Piece]:
        element = "TargetResult" if relation == "target" else "ActualResult"
        parts = [part for part in self.ends(name, relation) if self.things[part]["kind"] != "Absence"]
        parts.sort(key=lambda part: (int(plain(self.things[part].get("position", 0))), natural(part)))
        return [Piece(element, self._result(part)) for part in parts]

    def _result(self, part: str) -> list[Piece]:
        row = self.things[part]
        direction = plain(row.get("direction", ""))
        descriptor = [Piece("DescriptorName", self.labels["direction"]), Piece("DescriptorValue", direction)]
        return [
            *some("StartDate", plain(row.get("period_begins_earliest", ""))),
            *some("EndDate", plain(row.get("period_ends_latest", ""))),
            *some("NumberOfUnits", plain(row.get("value", ""))),
            *([Piece("Descriptor", descriptor)] if direction else []),
            *some("Description", self.other(part, "value", "direction")),
        ]

    # ------------------------------------------------------------ lines

    def other(self, thing: str, *skip: str, inverse: bool = False) -> str:
        """Return what else is said of a thing, a line for each statement, in one order."""
        row = self.things[thing]
        lines = (
            []
            if row["kind"] in ("Action", "Priority", "Plan", "Indicator", "Outcome") or row["part"]
            else self._kind(row)
        )
        for name, value in row.items():
            if name not in _SILENT and name not in skip and not _DERIVED.fullmatch(name):
                label = "" if name == "note" else f"{self.labels.get(name, name)}: "
                lines += [f"{label}{piece}" for piece in texts(value)]
        if row["status"] != "stated":
            lines += [f"status: {row['status']}", *([f"why: {row['why']}"] if row["why"] else [])]
        for relation in self.out[thing]:
            if relation["relation"] not in skip and not self.is_body(str(relation["to"])):
                lines += self.statement(relation)
        for relation in self.into[thing] if inverse else []:
            if relation["relation"] in ("measuredBy", "expects"):
                label = "measures" if relation["relation"] == "measuredBy" else "expected of"
                lines.append(self._named(label, str(relation["from"]), relation))
        if "carries" in skip:
            carried = [row for row in self.out[thing] if row["relation"] == "carries"]
            lines += [
                self._named("carries", str(row["to"]), row) for row in carried if not str(row["to"]).startswith("ref/")
            ]
        return "\n".join(sorted(set(map(line, lines))))

    def _kind(self, row: Row) -> list[str]:
        return [f"{KIND}: {self.vocabulary.kind(str(row['kind'])).label}"]

    def _named(self, label: str, name: str, relation: Row) -> str:
        shown = f"{label}: {self.things[name]['label']} [{self.tail(name)}]"
        return self.doubted(shown, relation)

    def doubted(self, text: str, relation: Row) -> str:
        """Return a text with the doubt of a relation behind it, as far as it is not that of what it is said of."""
        above = self.things.get(str(relation["from"]), {}).get("status", "stated")
        return doubted(text, str(relation["status"]), str(relation["why"]), str(above))

    def statement(self, relation: Row) -> list[str]:
        name = str(relation["to"])
        row = self.things[name]
        if row["kind"] == "Absence":
            of = str(row.get("absenceOf", ""))
            return [f"{self.labels.get(of, of)}: {row.get('absenceKind', '')}"]
        if row["kind"] in ("Mention", "Source"):
            return []
        if not row["part"]:
            return [self._named(str(relation["label"]), name, relation)]
        pieces = "; ".join(self._pieces(name))
        shown = f"{relation['label']}: {pieces}"
        return [self.doubted(shown, {**row, "from": relation["from"]})] if pieces else []

    def _pieces(self, part: str) -> Iterator[str]:
        """Yield what a part says: its title, where it has one, its values, and the things it names."""
        row = self.things[part]
        kind = self.vocabulary.kind(str(row["kind"]))
        titled = "title" in (kind.key, kind.head)
        if titled:
            yield str(row["label"])
        for relation in self.out[part]:
            other = self.things[str(relation["to"])]
            if not other["part"]:
                head = "" if kind.key and relation["label"] == kind.words[kind.key].label else f"{relation['label']}: "
                yield f"{head}{other['label']} [{self.tail(str(other['id']))}]"
        for name, value in row.items():
            if name not in _SILENT and not _DERIVED.fullmatch(name):
                label = self.labels.get(name, name)
                bare = not titled and kind.head and kind.words[kind.head].label == label
                told = plain(value).replace("; ", ", ")  # what parts the pieces of a line
                yield told if bare else f"{label}: {told}"
