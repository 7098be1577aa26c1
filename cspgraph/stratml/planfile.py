"""A StratML plan to the words of a plan file, its evidence the lines of the StratML file itself (decision 11).

A body is taken for a shared one of the reference data where it has its name; all others are the plan's own. Names of
people, and who submitted the file, are not kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cspgraph.plans.context import slug
from cspgraph.stratml import KIND, NO_GOAL, OWN_IDENTIFIER, STEP, UUID
from cspgraph.stratml.people import Bodies, lines_of
from cspgraph.stratml.results import period_of, results
from cspgraph.stratml.statements import Doubt, Plain, Statements, doubt, yaml_lines
from cspgraph.terms import ID
from cspgraph.text import clean, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.ontology import Kind, Vocabulary
    from cspgraph.stratml.people import Shared
    from cspgraph.stratml.statements import Words
    from cspgraph.xml import Element

_INVERSE = re.compile(r"(measures|expected of): .*\[([^\[\]]+)\](?: \(.*\))?")
_WIDEST = 15
_TITLE = 80


class _Thing(NamedTuple):
    """A thing of the plan file in the making: its element, its reference, its kind and its words."""

    element: Element
    ref: str
    kind: Kind
    words: Words


class StratmlPlan:
    """One file being turned into a plan file. `text` is its YAML, `fmt` still to come."""

    def __init__(self, stem: str, root: Element, vocabulary: Vocabulary, shared: dict[str, Shared]) -> None:
        self.root, self.vocabulary = root, vocabulary
        core, administration = root.one("StrategicPlanCore"), root.one("AdministrativeInformation")
        assert core is not None
        self.core, self.administration = core, administration
        address = administration.said("Source") if administration else ""
        self.ours = address.startswith(ID)
        self.address = "" if self.ours else address
        self.id = slug(address.removeprefix(ID) if self.ours else stem)
        self.source = f"{self.id}-stratml"
        self.problems: list[tuple[int, str, str]] = []
        self.refs: set[str] = set()
        self.by_identifier: dict[str, str] = {}
        self.things: dict[str, _Thing] = {}
        self.statements = Statements(vocabulary, {name: one.kind for name, one in shared.items()})
        self.bodies = Bodies(self, shared)
        self.plan = _Thing(root, "", vocabulary.kind("Plan"), self._named(root, Plain(self.id)))
        self._read()

    def problem(self, element: Element, message: str, hint: str) -> None:
        """Note what is wrong in an element."""
        self.problems.append((element.line, message, hint))

    # ------------------------------------------------------------ names

    def ref(self, element: Element, fallback: str) -> str:
        """Return the reference of a thing: that in its Identifier, or one made of the fallback; each once in a file."""
        identifier = element.said("Identifier")
        own = OWN_IDENTIFIER.fullmatch(identifier) if not UUID.fullmatch(identifier) else None
        wanted = own[1] if own else slug(fallback)[:60].strip("-.")
        ref, number = wanted, 1
        while ref in self.refs:
            number += 1
            ref = f"{wanted}-{number}"
        self.refs.add(ref)
        if identifier:
            self.by_identifier[identifier] = ref
        return ref

    def keep(self, element: Element, kind: str, ref: str, words: Words) -> _Thing:
        """Keep a thing under its reference, with the Identifier and number that it came with."""
        identifier, number = element.said("Identifier"), element.said("SequenceIndicator")
        if identifier and identifier != f"_{ref}":
            words["identifier"] = clean(identifier)
        if number and number != ref:
            words["ref"] = clean(number)
        thing = _Thing(element, ref, self.vocabulary.kind(kind), words)
        self.things[ref] = thing
        self.statements.known[ref] = thing.kind.iri
        return thing

    def _named(self, element: Element, plan: Plain | None = None) -> Words:
        title = element.said("Name") or shortened(element.said("Description"), _TITLE)
        head: Words = {"plan": plan, "source": Plain(self.source)} if plan else {}
        return {**head, "title": clean(title), "lines": self.place(element)}

    def place(self, element: Element) -> Plain:
        """Return the lines on which an element says what it is: those of the texts directly in it."""
        texts = [child for child in element.children if not child.children and child.text.strip()] or [element]
        ranges = dict.fromkeys((child.line, min(child.last, child.line + _WIDEST - 1)) for child in texts)
        return Plain(",".join(f"{first}-{last}" if last > first else str(first) for first, last in ranges))

    # ------------------------------------------------------------ the file

    def _read(self) -> None:
        """Name everything first, since a line may speak of what stands below it; then read what each thing says."""
        organisations = [self.bodies.organisation(element) for element in self.core.all("Organization")]
        goals = [
            goal
            for position, element in enumerate(self.core.all("Goal"), start=1)
            for goal in self._goals(element, str(position))
        ]
        self._objectives(self.core, "", "")
        values = [self._value(element) for element in self.core.all("Value")]
        measures = [(home, one) for home, element in self._homes(goals) for one in self._measures(home, element)]
        for element in self.root.walk():
            if element.name == "Stakeholder":
                self.bodies.stakeholder(element)
        self._plan(organisations)
        for thing in [*self.things.values(), *values]:
            if thing.element.name in ("Goal", "Objective"):
                self.bodies.take_part(thing.element, thing.words, thing.kind)
                self._other(thing)
        for home, thing in measures:
            self._measure(home, thing)

    def _plan(self, organisations: list[tuple[Element, str]]) -> None:
        words, root = self.plan.words, self.root
        if root.said("Description"):
            words["description"] = clean(root.said("Description"))
        owners = [Doubt(element.line).behind(ref) for element, ref in organisations if ref]
        if owners:
            words["owner"] = list(owners) if len(owners) > 1 else owners[0]
        self._aims()
        for element, _ in organisations:
            self.bodies.take_part(element, words, self.plan.kind)
        self._other(self.plan)
        if self.administration:
            if not self.ours and self.administration.said("Identifier"):
                words["identifier"] = clean(self.administration.said("Identifier"))
            period = period_of(self, self.administration)
            if period and "period" not in words:
                words["period"] = period
            if self.administration.said("PublicationDate") and "issued" not in words:
                words["issued"] = clean(self.administration.said("PublicationDate"))

    def _aims(self) -> None:
        """Take each Vision and each Mission; of our own a line is a value."""
        for name, word in (("Vision", "vision"), ("Mission", "aim")):
            said: list[str] = []
            for told in [element.one("Description") for element in self.core.all(name)]:
                if told and told.text.strip():
                    lines = [line for _, line in told.lines()] if self.ours else [" ".join(told.text.split())]
                    said += map(clean, lines)
            if said:
                self.plan.words[word] = list(said) if len(said) > 1 else said[0]

    def _goals(self, element: Element, position: str, above: str = "") -> list[tuple[Element, str]]:
        """Keep a goal and those in it, which the schemas do not know but files have, as parts of it; return them all."""
        found = [self._goal(element, position, above)]
        for number, inner in enumerate(element.all("Goal"), start=1):
            found += self._goals(inner, f"{position}.{number}", found[0][1])
        return found

    def _goal(self, element: Element, position: str, above: str) -> tuple[Element, str]:
        """Keep a goal and its objectives; return it with its reference, or none for what has no priority."""
        if element.said("Name") == NO_GOAL and not element.said("Identifier"):
            ref = ""
        else:
            ref = self.ref(element, element.said("SequenceIndicator") or f"G{position}")
            words = self._named(element)
            if element.said("Description"):
                words["objective"] = clean(element.said("Description"))
            if above:
                words["partOf"] = Doubt(element.line).behind(above)
            self.keep(element, "Priority", ref, words)
        self._objectives(element, ref, "")
        return element, ref

    def _objectives(self, home: Element, goal: str, above: str) -> None:
        """Keep the objectives in an element, and those in them, which say in a note under what they stand."""
        for number, element in enumerate(home.all("Objective"), start=1):
            ref = above
            if element.said("Name") or element.said("Description"):
                ref = self._objective(element, goal, f"{above or goal or 'A'}.{number}")
                if above:
                    title = self.things[above].words["title"]
                    self.note(self.things[ref].words, f"stands under {title} [{above}]")
            self._objectives(element, goal, ref)

    def _objective(self, element: Element, goal: str, fallback: str) -> str:
        sorts = {self.vocabulary.kind(kind).label: kind for kind in ("Undertaking", "Commitment")}
        said = [line.partition(": ") for _, line in lines_of(element, "OtherInformation")]
        kind = next((sorts[value] for label, _, value in said if label == KIND and value in sorts), "Action")
        ref = self.ref(element, element.said("SequenceIndicator") or fallback)
        words = self._named(element)
        told = [clean(line) for _, line in lines_of(element, "Description")]
        if self.ours:
            steps = {match[1]: match[2] for line in told if (match := STEP.fullmatch(line))}
            told = [line for line in told if not STEP.fullmatch(line)]
            if steps:
                words["step"] = dict(steps)
        if told and element.said("Name"):
            words["description"] = " ".join(told)
        self.keep(element, kind, ref, words)
        self._contributes(element, goal, words, kind)
        return ref

    def _contributes(self, element: Element, goal: str, words: Words, kind: str) -> None:
        """Say that an objective serves the goal it stands in, but where a line says so itself, with a doubt."""
        said = [line for _, line in lines_of(element, "OtherInformation")]
        own = any(line.startswith("contributes to: ") and f"[{goal}]" in line for line in said)
        if goal and not own and "contributesTo" in self.vocabulary.kind(kind).words:
            words["contributesTo"] = Doubt(element.line).behind(goal)

    def _value(self, element: Element) -> _Thing:
        words = self._named(element)
        words["tier"] = Plain("principle")
        if element.said("Description") and element.said("Name"):
            words["objective"] = clean(element.said("Description"))
        return self.keep(element, "Priority", self.ref(element, str(words["title"])), words)

    # ------------------------------------------------------------ measures

    def _homes(self, goals: list[tuple[Element, str]]) -> list[tuple[str, Element]]:
        """Return every Goal and Objective with the reference of what its indicators measure: itself, or what it is in."""
        named = {id(thing.element): ref for ref, thing in self.things.items()}

        def below(element: Element, home: str) -> Iterator[tuple[str, Element]]:
            for one in element.all("Objective"):
                ref = named.get(id(one), home)
                yield ref, one
                yield from below(one, ref)

        found = [(ref, goal) for goal, ref in goals]
        return [*found, *(home for ref, goal in found for home in below(goal, ref)), *below(self.core, "")]

    def _measures(self, home: str, element: Element) -> list[_Thing]:
        found = []
        for number, one in enumerate(element.all("PerformanceIndicator"), start=1):
            outcome = one.attributes.get("ValueChainStage") == "Outcome" and not one.one("MeasurementInstance")
            outcome = outcome and one.attributes.get("PerformanceIndicatorType") == "Qualitative"
            ref = self.ref(one, one.said("SequenceIndicator") or f"{home or 'none'}-I{number}")
            title = one.said("MeasurementDimension") or f"Indicator {ref}"
            words: Words = {"title": clean(title), "lines": self.place(one)}
            if one.said("UnitOfMeasurement") and not outcome:
                words["unit"] = clean(one.said("UnitOfMeasurement"))
            found.append(self.keep(one, "Outcome" if outcome else "Indicator", ref, words))
        return found

    def _measure(self, home: str, thing: _Thing) -> None:
        results(self, thing.element, thing.words, thing.kind)
        for element in thing.element.all("Relationship"):
            self._relationship(element, thing)
        self._other(thing)
        linked = any(_INVERSE.fullmatch(line) for _, line in lines_of(thing.element, "OtherInformation"))
        if home and not linked and "contributesTo" not in thing.words:
            self._link(
                "measures" if thing.kind.name == "Indicator" else "expected of", home, thing, Doubt(thing.element.line)
            )

    def _link(self, label: str, home: str, thing: _Thing, said: Doubt) -> bool:
        above = self.things.get(home)
        relation = above.kind.words.get("measuredBy" if label == "measures" else "expects") if above else None
        fits = relation and self.vocabulary.is_a(thing.kind.iri, relation.classes)
        return bool(above and relation and fits and self.statements.put(above.words, relation, said.behind(thing.ref)))

    def _relationship(self, element: Element, thing: _Thing) -> None:
        for referent in element.all("ReferentIdentifier"):
            name, relation = " ".join(referent.text.split()), thing.kind.words.get("carries")
            found = self.statements.reference(relation, name) if relation else ""
            if relation and found and self.statements.put(thing.words, relation, Doubt(element.line).behind(found)):
                continue
            sort = element.attributes.get("RelationshipType", "related to").replace("_", " ").lower()
            more = f": {element.said('Description')}" if element.said("Description") else ""
            self.note(thing.words, f"{sort}: {element.said('Name')} [{self.by_identifier.get(name, name)}]{more}")

    # ------------------------------------------------------------ lines

    def _other(self, thing: _Thing) -> None:
        """Take what OtherInformation says; what means nothing to a thing of this kind stays as a note."""
        told = lines_of(thing.element, "OtherInformation")
        if not self.ours and told:
            told = [(told[0][0], " ".join(line for _, line in told))]
        for number, line in told:
            inverse = _INVERSE.fullmatch(line)
            if inverse and self._link(inverse[1], inverse[2], thing, doubt(line, number)[1]):
                continue
            if line.startswith(f"{KIND}: ") and thing.kind.name in ("Undertaking", "Commitment"):
                continue
            if not self.statements.add(thing.words, thing.kind, clean(line), number):
                self.note(thing.words, line)

    def note(self, words: Words, text: str) -> None:
        """Add a note to a thing."""
        before = words.setdefault("note", [])
        assert isinstance(before, list)
        before.append(clean(text))

    @property
    def text(self) -> str:
        """The plan file."""
        sections: dict[str, Words] = {}
        for ref, thing in self.things.items():
            sections.setdefault(thing.kind.section, {})[ref] = thing.words
        body: Words = {**self.plan.words, **sections}
        return "\n".join([*yaml_lines(body), ""])
