"""Loading a graph, and replacing one plan in it, as each competitor does it: every function makes ready and returns what is timed."""

from __future__ import annotations

import importlib
import shutil
from typing import TYPE_CHECKING

from benchmarks.place import dataset, fresh, read_only, triples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.place import Place


def _command(*words: str) -> Iterable[object]:
    """Run a command of ours here, as the shell would; a row for it."""
    from cspgraph.cli import cli

    cli.main(list(words), standalone_mode=False)
    return [words]


def load_rdf(place: Place) -> Callable[[], Iterable[object]]:
    from cspgraph.cli import cli

    command = cli.get_command(None, "build")  # type: ignore[arg-type]
    if not any("--from-rdf" in parameter.opts for parameter in command.params):  # type: ignore[union-attr]
        raise SystemExit("absent: this version does not load dumps")
    to = f"oxigraph:{fresh()}"
    return lambda: _command("build", "--from-rdf", str(place.folder / "plans.nq"), "--to", to, "--quiet")


def load_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    import pyoxigraph as ox

    def run() -> Iterable[object]:
        store = ox.Store(str(fresh()))
        store.bulk_load(path=str(place.folder / "plans.nq"), format=ox.RdfFormat.N_QUADS)
        store.flush()
        return [store]

    return run


def load_rdflib(place: Place) -> Callable[[], Iterable[object]]:
    return lambda: [dataset(place)]


def load_maplib(place: Place) -> Callable[[], Iterable[object]]:
    maplib = importlib.import_module("maplib")
    path = triples(place)
    model = (getattr(maplib, "Model", None) or maplib.Mapping)()
    return lambda: [(getattr(model, "read", None) or model.read_triples)(str(path))]


def load_kglab(place: Place) -> Callable[[], Iterable[object]]:
    kglab = importlib.import_module("kglab")
    path = triples(place)
    return lambda: [kglab.KnowledgeGraph().load_rdf(str(path), format="ntriples")]


def load_plans(place: Place) -> Callable[[], Iterable[object]]:
    to = f"oxigraph:{fresh()}"
    return lambda: _command("build", "--data", str(place.folder / "plans"), "--to", to, "--quiet")


def load_again(place: Place) -> Callable[[], Iterable[object]]:
    folder = fresh()
    shutil.copytree(place.folder / "plans", folder / "plans")
    to = f"oxigraph:{folder / 'store'}"
    _command("build", "--data", str(folder / "plans"), "--to", to, "--quiet")
    plan = min((folder / "plans" / "plans").iterdir())
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("\ntitle: ", "\ntitle: Revised ", 1), encoding="utf-8")
    return lambda: _command("build", "--data", str(folder / "plans"), "--to", to, "--quiet")


def read_yaml(place: Place) -> Callable[[], Iterable[object]]:
    import yaml

    files = sorted((place.folder / "plans").rglob("*.yaml"))
    return lambda: (sum(1 for _ in yaml.parse(path.read_bytes(), Loader=yaml.CSafeLoader)) for path in files)


def replace(place: Place) -> Callable[[], Iterable[object]]:
    from cspgraph.engines.folder import StoreFolder
    from cspgraph.engines.part import Graph

    folder = StoreFolder(fresh() / "store")
    shutil.copytree(place.folder / "store", folder.path)
    name, content = _one_graph(place)
    graphs = [Graph(graph, digest, b"", 0) for graph, digest in folder.graphs().items() if graph != name]
    assert graphs, "without the rest, a store of one graph is made"
    changed = Graph(name, "another", content, content.count(b"\n"))
    return lambda: [folder.publish(lambda _: [*graphs, changed], {})]


def replace_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    import pyoxigraph as ox

    folder = fresh() / "store"
    shutil.copytree(place.store(), folder)
    name, content = _one_graph(place)
    store = ox.Store(str(folder))

    def run() -> Iterable[object]:
        store.remove_graph(ox.NamedNode(name))
        store.bulk_load(content, ox.RdfFormat.N_QUADS)
        store.flush()
        return [name]

    return run


def _one_graph(place: Place) -> tuple[str, bytes]:
    import pyoxigraph as ox

    name = str(place.facts["graph"])
    quads = read_only(place).quads_for_pattern(None, None, None, ox.NamedNode(name))
    return name, ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
