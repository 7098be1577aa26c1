"""The wheel works where there is no checkout, and with the oldest libraries that it says it takes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path = ROOT, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def virtual(folder: Path) -> Path:
    """Make a virtual environment and return its Python."""
    run(sys.executable, "-m", "venv", folder)
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, "."
    )
    (found,) = folder.glob("cspgraph-*.whl")
    return found


def test_the_wheel_answers_where_there_is_no_checkout(wheel: Path, tmp_path: Path) -> None:
    python = virtual(tmp_path / "venv")
    run(python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", ROOT / "requirements.lock")
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for words in (
        ["gaps", "--format", "json"],
        ["ask", "money-by-fund", "--format", "csv"],
        ["list", "--format", "json"],
    ):
        asked = [*words, "--quiet"]
        there = run(python, "-m", "cspgraph", *asked, cwd=elsewhere, CSPGRAPH_CACHE=str(tmp_path / "there"))
        here = run(sys.executable, "-m", "cspgraph", *asked, CSPGRAPH_CACHE=str(tmp_path / "here"))
        assert there == here
        assert len(there) > 200
    run(python, "-m", "cspgraph", "view", "--to", "page.html", cwd=elsewhere)
    assert (elsewhere / "page.html").stat().st_size > 100_000


def test_the_oldest_libraries_do(tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    named = [*project["project"]["dependencies"], *extras["office"], *extras["notebooks"]]
    oldest = [re.sub(">=", "==", line) for line in named]
    assert all("==" in line for line in oldest), "every dependency has a lowest version"
    python = virtual(tmp_path / "venv")
    run(python, "-m", "pip", "install", "--quiet", *oldest, "pytest", "pytest-xdist", "hypothesis")
    skipped = [
        "test_docs.py",
        "test_draw.py",
        "test_looks.py",
        "test_notebooks.py",
        "test_spark.py",
        "test_wheel.py",
        "test_startup.py",
    ]  # need a build, the docs, Spark, the newest libraries
    said = run(
        python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow and not spark and not browser", "-W", "ignore", "-n", "auto", "--dist", "loadfile", *(f"--ignore=tests/{n}" for n in skipped),
        CSPGRAPH_CACHE=str(tmp_path / "cache"), CI="",
    )  # fmt: skip
    assert re.search(r"\d+ passed", said)
