"""StratML, the ISO vocabulary for strategic plans: what its elements stand for here (decision 11), and files of it in.

Part 1 (ISO 17469-1:2015) holds goals, objectives and stakeholders; Part 2 (ANSI/AIIM 22:2017) also roles, indicators
and relationships. The files out are written by `cspgraph.export.stratml`.
"""

from __future__ import annotations

import re

# By part: the namespace that is written, and the older one that is read as well; the root element.
NAMESPACES = {
    1: ("urn:ISO:std:iso:17469:tech:xsd:stratml_core", "http://www.stratml.net"),
    2: ("urn:ISO:std:iso:17469:tech:xsd:PerformancePlanOrReport", "http://www.stratml.net/PerformancePlanOrReport"),
}
ROOTS = {1: "StrategicPlan", 2: "PerformancePlanOrReport"}

# What has no priority stands under a Goal of this name: StratML has no Objective outside a Goal.
NO_GOAL = "No priority named"
# Which kinds StratML can call an Organization; all other bodies are a Generic_Group.
ORGANISED = ("Organisation", "Board", "Team", "Partnership")
GROUPED = ("Collective", "Post")
PERFORMERS = ("ledBy", "onBehalfOf", "involves", "overseenBy", "deliveredBy", "member")
MEMBER = "member"
KIND = "kind"  # the line by which an Objective says that it is no action

# An Identifier is an xsd:ID, which may not begin with a figure: a reference gets a low line before it.
OWN_IDENTIFIER = re.compile(r"_([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
UUID = re.compile(r"_?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
DOUBT = re.compile(r"(?P<value>.*?)\s*\((?P<status>inferred|uncertain|stated)(?:: (?P<why>.*))?\)", re.DOTALL)
STEP = re.compile(r"(\d+)\. (.+)")


def doubted(text: str, status: str, why: str, above: str = "stated") -> str:
    """Return a text with what makes it doubtful behind it, in brackets.

    A statement that only shares the doubt of the thing of which it is made (`above`) does not say so again; one that is
    stated of a thing that is not says that.
    """
    if status == above and (status == "stated" or not why):
        return text
    return f"{text} ({status}: {why})" if why else f"{text} ({status})"
