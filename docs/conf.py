"""How Sphinx makes the documentation site: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

_DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(_DOCS / "_ext"), str(_DOCS.parent)]

from cspgraph import __version__  # noqa: E402 - found by the line above

project = "cspgraph"
author = copyright = "The cspgraph founders"  # noqa: A001 - Sphinx asks for this name
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "computed"]
exclude_patterns = ["_build", "_ext"]
nitpicky = True
# Types of other packages, and the short names of our own in annotations, have no page to lead to.
nitpick_ignore_regex = [("py:.*", ".*")]
default_role = "code"
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_default_options = {"exclude-members": "__init__, __new__"}
myst_heading_anchors = 3
smartquotes = False  # two hyphens are an option
html_theme = "furo"
html_title = f"cspgraph {__version__}"
html_copy_source = False
html_show_sphinx = False
