"""Organizations and Stakeholders of a StratML file to bodies, and their roles to relations."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from cspgraph.stratml import GROUPED, MEMBER, ORGANISED
from cspgraph.stratml.statements import Doubt, Plain, doubt
from cspgraph.terms import CSP, SHARED, local
from cspgraph.text import clean, normal

if TYPE_CHECKING:
    from cspgraph.ontology import Kind
    from cspgraph.stratml.planfile import StratmlPlan
    from cspgraph.stratml.statements import Words
    from cspgraph.xml import Element

_NOBODY = "named person"


class Shared(NamedTuple):
    """A shared thing that a plan may name: its title and its kind, an IRI."""

    title: str
    kind: str


def lines_of(element: Element, name: str) -> list[tuple[int, str]]:
    """Return the lines of the first element of a name directly in this one, with their numbers."""
    found = element.one(name)
    return found.lines() if found else []


class Bodies:
    """Who is named in a file: each name once for each type of stakeholder."""

    def __init__(self, plan: StratmlPlan, shared: dict[str, Shared]) -> None:
        self.plan = plan
        self.shared: dict[tuple[str, bool], list[str]] = {}
        for name, one in shared.items():
            if plan.vocabulary.is_a(one.kind, [f"{CSP}Body"]):
                self.shared.setdefault((normal(one.title), local(one.kind) in ORGANISED), []).append(name)
        self.refs: dict[tuple[str, str], str] = {}

    def organisation(self, element: Element) -> tuple[Element, str]:
        """Keep the Organization whose plan it is; return it with its reference, or none where it has no name."""
        name = clean(element.said("Name"))
        if not name:
            return element, ""
        known = self.shared.get((normal(name), True), [])
        if len(known) == 1 and not element.said("Identifier"):
            ref = known[0].removeprefix(f"{SHARED}/")
        else:
            ref = self._kept(element, "Partnership" if self._has_members(element) else "Organisation", name)
            if element.said("Acronym"):
                self.plan.things[ref].words["alias"] = clean(element.said("Acronym"))
        self.refs.setdefault((name, "Organization"), ref)
        return element, ref

    def _has_members(self, element: Element) -> bool:
        return any(label.startswith(MEMBER) for one in element.all("Stakeholder") for label, _, _ in self.roles(one))

    def stakeholder(self, element: Element) -> str:
        """Return the reference of a stakeholder, kept the first time that it is named; a person is never named."""
        sort, name = _sort(element), clean(element.said("Name") or element.said("Description"))
        if sort == "Person":
            sort, name = "Post", _NOBODY
        if (name, sort) not in self.refs:
            known = self.shared.get((normal(name), sort == "Organization"), []) if sort != "Post" else []
            shared = len(known) == 1
            ref = known[0].removeprefix(f"{SHARED}/") if shared else self._kept(element, self._kind(name, sort), name)
            self.refs[name, sort] = ref
        return self.refs[name, sort]

    def _kind(self, name: str, sort: str) -> str:
        """Return the kind of a body, so that it can have every role that the file gives it: only a board is co-ordinated."""
        kinds = {"Organization": ORGANISED, "Post": ("Post",)}.get(sort, GROUPED)
        vocabulary, labels = self.plan.vocabulary, self.named.get((name, sort), set())
        takes = [one.classes for one in vocabulary.relations.values() if one.label in labels]
        takes = [classes for classes in takes if any(vocabulary.is_a(f"{CSP}{kind}", classes) for kind in kinds)]
        fitting = [kind for kind in kinds if all(vocabulary.is_a(f"{CSP}{kind}", classes) for classes in takes)]
        return next(iter(fitting), kinds[0])

    @cached_property
    def named(self) -> dict[tuple[str, str], set[str]]:
        """The labels of all roles of each stakeholder in the file."""
        found: dict[tuple[str, str], set[str]] = {}
        for element in self.plan.root.walk():
            if element.name == "Stakeholder":
                key = clean(element.said("Name") or element.said("Description")), _sort(element)
                found.setdefault(key, set()).update(label for label, _, _ in self.roles(element))
        return found

    def _kept(self, element: Element, kind: str, name: str) -> str:
        ref = self.plan.ref(element, name)
        words: Words = {"title": name, "lines": self.plan.place(element)}
        told = " ".join(line for _, line in lines_of(element, "Description"))
        if (
            told
            and kind != "Post"
            and not (element.name == "Stakeholder" and self.roles(element) and not element.all("Role"))
        ):
            words["description"] = clean(told)
        if kind == "Post":
            words["note"] = ["The file names a person; names are not kept"]
        self.plan.keep(element, kind, ref, words)
        return ref

    def take_part(self, element: Element, words: Words, kind: Kind) -> None:
        """Say of a thing who takes part in it, in the roles of its stakeholders."""
        for one in element.all("Stakeholder"):
            ref, name = self.stakeholder(one), clean(one.said("Name"))
            for label, said, benefits in self.roles(one) or [("", Doubt(one.line), False)]:
                if benefits or label == self._label("targetsGroup"):
                    self._benefits(words, kind, name)
                elif label.startswith(MEMBER) and element.name == "Organization":
                    self._member(element, ref, label, said)
                else:
                    self._role(words, kind, ref, label, said)

    def _label(self, word: str) -> str:
        return self.plan.vocabulary.relations[f"{CSP}{word}"].label

    def _benefits(self, words: Words, kind: Kind, name: str) -> None:
        relation = kind.words.get("targetsGroup")
        if not (relation and self.plan.statements.put(words, relation, name)):
            self.plan.note(words, f"{self._label('targetsGroup')}: {name}")

    def _member(self, element: Element, ref: str, label: str, said: Doubt) -> None:
        owner = self.plan.things.get(self.refs.get((clean(element.said("Name")), "Organization"), ""))
        role = label.removeprefix(MEMBER).removeprefix(": ")
        if owner:
            members = owner.words.setdefault("member", {})
            assert isinstance(members, dict)
            known = role in self.plan.vocabulary.concepts[f"{CSP}MembershipRole"]
            members[ref] = {**said.words(), **({"role": Plain(role)} if known else {})}

    def _role(self, words: Words, kind: Kind, ref: str, label: str, said: Doubt) -> None:
        """Say in which role a body takes part; one that is not known makes it involved, and is noted."""
        statements = self.plan.statements
        relation = statements.relation(kind, label)
        long = ref if ref in statements.known else f"{SHARED}/{ref}"
        if relation and statements.reference(relation, long):
            statements.put(words, relation, said.behind(ref))
            return
        involves = kind.words.get("involves")
        if involves:
            statements.put(words, involves, said.behind(ref))
        if label or not involves:
            self.plan.note(words, f"{label or 'stakeholder'}: [{ref}]")

    def roles(self, element: Element) -> list[tuple[str, Doubt, bool]]:
        """Return the label of each role of a Stakeholder, what is said of it, and whether it only benefits.

        Part 1 has no roles: there they are lines of the Description, where all of them are labels that are known.
        """
        found = []
        for role in element.all("Role"):
            said = (
                doubt(f"- {role.said('Description')}", role.line)[1] if role.said("Description") else Doubt(role.line)
            )
            sorts = {" ".join(sort.text.split()) for sort in role.all("RoleType")}
            found.append((clean(role.said("Name")), said, sorts == {"Beneficiary"}))
        if element.all("Role"):
            return found
        lines = [doubt(line, number) for number, line in lines_of(element, "Description")]
        known = all(label in self.labels or label.startswith(MEMBER) for label, _ in lines)
        return [(label, said, False) for label, said in lines] if known else []

    @cached_property
    def labels(self) -> set[str]:
        """The labels of all relations to bodies, and to whom something is aimed at."""
        relations = self.plan.vocabulary.relations.values()
        bodies = [f"{CSP}{kind}" for kind in (*ORGANISED, *GROUPED)]
        takes = [one for one in relations if any(self.plan.vocabulary.is_a(kind, one.classes) for kind in bodies)]
        return {one.label for one in takes} | {self._label("targetsGroup")}


def _sort(element: Element) -> str:
    return next((value for key, value in element.attributes.items() if key.startswith("StakeholderType")), "")
