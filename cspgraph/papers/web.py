"""The paper as one HTML page: it asks for nothing, and is read on a screen as on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph.pages.frame import render
from cspgraph.papers.model import shown

if TYPE_CHECKING:
    from cspgraph.papers.model import Paper


def web(paper: Paper) -> str:
    """Return the page."""
    return render("paper.html.j2", title=paper.title, subtitle=paper.subtitle, paper=paper, shown=shown)
