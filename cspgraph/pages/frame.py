"""What the pages share: templates in which every text is made harmless, the policy, links, anchors."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from cspgraph.draw.safety import policy, script_json
from cspgraph.resources import template_folder
from cspgraph.text import clean, counted, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from cspgraph.names import Thing

_LONGEST = 160  # of a name in a line of text; the whole stands in its title


@dataclass(frozen=True)
class Site:
    """Where other pages lie, seen from one.

    `files` holds the file of each thing by its id, `coverage` that of the matrix of each framework, `navigation` words
    and files, `up` the way to the folder of all, `here` the file of this page. The default is a page that stands alone: nothing has a page, so nothing is a link.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    navigation: tuple[tuple[str, str], ...] = ()
    up: str = ""
    here: str = ""
    coverage: Mapping[str, str] = field(default_factory=dict)

    def href(self, thing: Thing) -> str:
        """Return the address of the page of a thing, or of the one that it is a part of; nothing for this very page."""
        name = thing.id
        while name not in self.files and "/" in name:
            name = name.rpartition("/")[0]
        file = self.files.get(name, "")
        return f"{self.up}{file}" if file and file != self.here else ""

    def menu(self) -> list[tuple[str, str, bool]]:
        """Return the navigation: words, address, and whether it is this page."""
        return [(words, f"{self.up}{file}", file == self.here) for words, file in self.navigation]


ALONE = Site()


def render(template: str, site: Site = ALONE, *, script: bool = True, data: object = None, **context: Any) -> str:
    """Return a page: a template filled with texts that cannot become anything else."""
    scripts = [_script()] if script else []
    context.setdefault("subtitle", "")
    return (
        _environment()
        .get_template(template)
        .render(
            site=site,
            scripts=scripts,
            policy=policy(scripts),
            data=script_json(data) if data is not None else "",
            **context,
        )
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def harmless(value: object) -> object:
        return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=FileSystemLoader(template_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["brief"] = lambda text, most=_LONGEST: shortened(clean(text), most)
    environment.filters["count"] = counted
    return environment


def menu(site: Site) -> str:
    """Return the navigation alone, for a page that is made elsewhere."""
    module = _environment().get_template("parts.html.j2").module
    style = "<style>.menu ul { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; margin: 0 0 .5rem; padding: 0; }</style>"
    return style + str(module.menu(site)).strip()  # type: ignore[attr-defined]


@cache
def _script() -> str:
    return (template_folder() / "site.js").read_text(encoding="utf-8")
