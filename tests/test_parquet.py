"""What can be said of Spark and Parquet where neither is installed: which extra, which folder, which master."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING

import pytest

from cspgraph.parquet import MARK, check_parquet
from cspgraph.spark import is_spark

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where the extra is not installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name in ("pyarrow", "pyspark") else find(name, *rest)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like one of ours."""
    from cspgraph.parquet import FORMAT
    from cspgraph.resources import digest, ontology_folder

    made = tmp_path / "x.parquet"
    made.mkdir()
    said = {"format": FORMAT, "vocabulary": digest(ontology_folder().glob("*.ttl"))}
    (made / MARK).write_text(json.dumps(said), encoding="utf-8")
    check_parquet(made)
    return made


def test_the_extra_is_named(bare: None, cli: Callable[..., Ran], folder: Path, tmp_path: Path) -> None:
    done = cli("gaps", "--engine", "spark://127.0.0.1:1", "--data", folder)
    assert (done.code, done.out) == (2, "")
    assert done.err == 'Spark needs packages that are not installed\n    pip install "cspgraph[spark]"\n'
    done = cli("export", "--quiet", "--to", tmp_path / "y.parquet")
    assert (done.code, done.out) == (2, "")
    assert done.err == 'Parquet needs a package that is not installed\n    pip install "cspgraph[spark]"\n'
    assert not (tmp_path / "y.parquet").exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ((), "Spark reads one folder of Parquet files, and none was named"),
        (("plan.yaml",), "Spark reads one folder of Parquet files, and none was named"),
        (("one.parquet", "rules"), "Spark reads one folder of Parquet files, and nothing beside it"),
        (("nowhere.parquet",), "nowhere.parquet: this is no folder of Parquet files of cspgraph"),
    ],
)
def test_a_wrong_folder_is_said_before_anything_is_started(
    data: tuple[str, ...], said: str, cli: Callable[..., Ran]
) -> None:
    done = cli("load", "--engine", "local[2]", *(word for path in data for word in ("--data", path)))
    assert (done.code, done.out, done.err.split("\n")[0]) == (2, "", said)


def test_a_folder_of_another_vocabulary_is_refused(cli: Callable[..., Ran], folder: Path) -> None:
    said = json.loads((folder / MARK).read_text(encoding="utf-8"))
    (folder / MARK).write_text(json.dumps({**said, "vocabulary": "other"}), encoding="utf-8")
    done = cli("gaps", "--engine", "spark://127.0.0.1:7077", "--data", folder)
    assert done.code == 3
    assert done.err.startswith(f"the files in {folder} were made with another version of the vocabulary\n")


def test_plans_are_not_read_from_parquet_by_other_engines(cli: Callable[..., Ran], folder: Path) -> None:
    done = cli("list", "--data", folder)
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("the folder holds no plan file\n    Parquet files are for --engine spark://HOST:PORT\n")


def test_which_addresses_are_sparks() -> None:
    yes = ["spark://host:7077", "spark://a:1,b:2", "local[2]", "local[*]", "local-cluster[2,1,2048]"]
    no = ["", "memory:", "oxigraph:store", "https://example.org/spark://", "localhost", "local"]
    assert [is_spark(address) for address in [*yes, *no]] == [True] * len(yes) + [False] * len(no)
