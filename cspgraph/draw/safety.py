"""What keeps a page from running or fetching anything but its own scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.metadata import distribution
from pathlib import Path

from cspgraph.resources import template_folder

_VIS = "pyvis/templates/lib/vis-9.1.2/vis-network.min.js"
_OWN = ("data", "state", "picture", "panel", "filters", "tables", "plans", "save", "keys", "start")


def own_script() -> str:
    """Return the page's own script, put together from its parts."""
    parts = [(template_folder() / f"page-{name}.js").read_text(encoding="utf-8") for name in _OWN]
    return '"use strict";\n(function () {\n' + "\n".join(parts) + "\n})();\n"


def colour(text: str) -> str:
    """Return a colour as #rrggbb; black for anything else, which a user's own file may hold."""
    return text if re.fullmatch(r"#[0-9A-Fa-f]{6}", text) else "#000000"


def vis_script() -> str:
    """Return the script of vis-network from inside the installed pyvis."""
    found = next((file for file in distribution("pyvis").files or [] if str(file) == _VIS), None)
    if found is None:
        raise FileNotFoundError(_VIS)
    return Path(str(found.locate())).read_text(encoding="utf-8").replace("</script", "<\\/script")


def policy(scripts: list[str]) -> str:
    """Return the content security policy: these scripts, by their hashes, and no request."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"


def script_json(data: object) -> str:
    """Return JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return (
        text.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )
