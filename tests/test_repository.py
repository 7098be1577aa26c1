"""The repository tells the truth about itself: imports run one way, budgets hold, nothing undocumented."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from statistics import median
from typing import TYPE_CHECKING

import click
import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

MODULES = sorted((ROOT / "cspgraph").rglob("*.py"))

# In the order in which they may import: a room imports only rooms that stand before it.
ROOMS = [
    "errors",
    "terms",
    "text",
    "tables",
    "xml",
    "files",
    "zips",
    "resources",
    "turtle",
    "ontology",
    "sources",
    "plans",
    "check",
    "engines",
    "dumps",
    "streaming",
    "build",
    "columns",
    "names",
    "judgements",
    "questions",
    "evidence",
    "partitions",
    "answers",
    "describe",
    "passages",
    "audit",
    "remainder",
    "inventory",
    "findings",
    "reports",
    "tracing",
    "coverage",
    "comparison",
    "network",
    "draw",
    "pages",
    "stratml",
    "export",
    "parquet",
    "changes",
    "office",
    "papers",
    "graph",
    "measures",
    "spark",
    "cli",
]


def room(path: Path) -> str:
    return path.relative_to(ROOT / "cspgraph").parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Return the rooms that a module imports, those imported inside functions included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cspgraph."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "cspgraph":
            found |= {alias.name for alias in node.names if alias.name in ROOMS}
    return found


def functions(path: Path) -> list[tuple[str, int]]:
    """Return each function of a module with its number of lines."""
    return [
        (f"{path.name}:{node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]


def test_every_room_is_in_the_list_and_the_list_has_no_other() -> None:
    assert len(MODULES) > 40
    assert {room(path) for path in MODULES} - {"__init__", "__main__", "py.typed"} == set(ROOMS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    own = room(path)
    if own in ("__init__", "__main__"):
        return  # the door, not a room
    allowed = set(ROOMS[: ROOMS.index(own) + 1])
    assert imported(path) <= allowed, f"{own} imports {sorted(imported(path) - allowed)}, which comes later"


def test_modules_and_functions_stay_small() -> None:
    for path in MODULES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path
    # A command's options are its signature: its lines are not counted.
    lengths = [(name, size) for path in MODULES if room(path) != "cli" for name, size in functions(path)]
    assert [name for name, size in lengths if size > 40] == []
    assert median(size for _, size in lengths) <= 13


# -------------------------------------------------------------------- documents


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def commands_in(path: Path) -> list[str]:
    """Return the commands of the `sh` blocks of a document, continued lines joined."""
    blocks = re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").split("\n")
    return [
        line.split(" #")[0].strip().removeprefix("$ ") for line in lines if line.strip() and not line.startswith("#")
    ]


def test_every_command_and_every_option_is_documented() -> None:
    from cspgraph.cli import COMMANDS, cli

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"cspgraph {name}" in readme, name
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert command.help
        assert f"cspgraph {name}" in command.help, f"{name} teaches by example"
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.name}"
                assert re.search(rf"{max(parameter.opts, key=len)}\b", readme), f"{name} {parameter.name}"
    for code in (0, 1, 2, 3, 4, 70, 130):
        assert re.search(rf"^\| {code} \|", readme, re.MULTILINE), f"exit code {code}"


def test_every_environment_variable_and_make_target_is_documented() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in documents())
    code = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    for name in sorted(set(re.findall(r"CSPGRAPH_[A-Z]+", code))):
        assert name in text, name
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(targets) >= 10
    for target in targets:
        assert f"make {target}" in text, target


def test_python_blocks_of_the_readme_run(bundled: object) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


def test_shell_blocks_of_the_readme_run(tmp_path: Path) -> None:
    """Every `cspgraph` line of the README, but those that need a file of the reader's own."""
    lines = [line for line in commands_in(ROOT / "README.md") if line.startswith("cspgraph")]
    assert len(lines) >= 12
    shutil.copytree(ROOT / "data", tmp_path / "data")
    for line in lines:
        words = shlex.split(line.split(" > ")[0].split(" | ")[0])
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode in (0, 1), f"{line}: {done.stderr}"
        assert "Traceback" not in done.stderr


def test_links_between_documents_lead_somewhere() -> None:
    links = [
        (path, target)
        for path in documents()
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
        if not target.startswith("http")
    ]
    assert len(links) > 10
    assert [(path.name, target) for path, target in links if not (path.parent / target).exists()] == []


def test_decisions_have_one_page_each_and_stand_in_the_list() -> None:
    pages = sorted(path.name for path in (ROOT / "docs/decisions").glob("0*.md"))
    assert len(pages) >= 5
    listed = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    assert [page for page in pages if page not in listed] == []


def test_the_table_of_rules_is_the_one_that_the_command_prints() -> None:
    command = [sys.executable, "-m", "cspgraph", "gaps", "--rules", "--count", "--format", "md", "--quiet"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    page = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    assert made.strip() in page, "make it again: cspgraph gaps --rules --count --format md"


def block(document: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_the_three_recipes_work_as_they_are_written(tmp_path: Path) -> None:
    from cspgraph.graph import load

    (tmp_path / "camera.ttl").write_text(block("CONTRIBUTING.md", "turtle"), encoding="utf-8")
    (tmp_path / "action-without-date.rq").write_text(block("CONTRIBUTING.md", "text"), encoding="utf-8")
    plan = block("CONTRIBUTING.md", "yaml")
    plan += "  A2: {title: Another, lines: 23, contributesTo: P1}\n"
    plan += "cameras:\n  C1: {title: Camera at the station, lines: 24, watchedBy: riverside-csp}\n"
    (tmp_path / "riverside.yaml").write_text(plan, encoding="utf-8")
    source = "  riverside-plan: {title: The plan, file: riverside-plan.txt, lineCount: 90, extent: whole}\n"
    (tmp_path / "sources.yaml").write_text(f"reference: sources\nsources:\n{source}", encoding="utf-8")
    graph = load(tmp_path, engine="memory:")
    assert [found.focus.id for found in graph.gaps("action-without-date")] == ["riverside-2026/A2"]
    assert "riverside-2026/C1" in {found.thing.id for found in graph.depends("riverside-2026/riverside-csp")}


# -------------------------------------------------------------------- words


def test_every_term_in_code_templates_questions_and_documents_exists() -> None:
    from cspgraph.ontology import read_vocabulary
    from cspgraph.resources import library
    from cspgraph.terms import CSP

    files = library()
    known = {quad.subject.value.removeprefix(CSP) for quad in read_vocabulary(files.ontology).quads if quad.subject.value.startswith(CSP)}  # type: ignore[union-attr]  # fmt: skip
    used: dict[str, str] = {}
    for path in [*MODULES, *files.questions, *(ROOT / "cspgraph/templates").iterdir(), *documents()]:
        text = re.sub(r"```turtle.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for word in re.findall(r"\bcsp:([A-Za-z][\w-]*)", text) + re.findall(r"\{CSP\}([A-Za-z][\w-]*)", text):
            used.setdefault(word, path.name)
    assert len(used) > 60
    assert {word: where for word, where in used.items() if word not in known} == {}


def test_no_name_of_this_machine_and_no_address_of_a_registry() -> None:
    forbidden = (str(ROOT.parent) + "/", "/simple/", "index-url =", "/home/", "/root/")
    own = {"test_repository.py", "Makefile"}
    for path in tracked():
        if path.name in own or path.suffix in (".png", ".lock"):
            continue
        text = path.read_text(encoding="utf-8")
        assert not [word for word in forbidden if word in text], path
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / name).read_text(encoding="utf-8"), name


def test_the_core_stays_small_and_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=~!\[ ]", need)[0].lower() for need in project["dependencies"]}
    # One package may be pinned twice, for older and newer versions of Python; one of them is installed.
    pinned = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    assert names <= {name.lower() for name in pinned}
    assert len(pinned) <= 50
    assert "Apache-2.0" in project["license"]
    assert "CC-BY-4.0" in project["license"]


def test_the_changelog_names_this_version() -> None:
    from cspgraph import __version__

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {__version__}" in text
    assert "### Vocabulary" in text
