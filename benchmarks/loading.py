"""Loading a graph, and replacing one plan in it, as each competitor does it: every function makes ready and returns what is timed."""

from __future__ import annotations

import importlib
import shutil
from typing import TYPE_CHECKING

from benchmarks.place import dataset, fresh, read_only, triples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.place import Place
    from cspgraph.engines.folder import StoreFolder
    from cspgraph.graph import KnowledgeGraph


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


def load_pyoxigraph(place: Place, *, joined: bool = False) -> Callable[[], Iterable[object]]:
    import pyoxigraph as ox

    def run() -> Iterable[object]:
        store = ox.Store(str(fresh()))
        store.bulk_load(path=str(place.folder / "plans.nq"), format=ox.RdfFormat.N_QUADS)
        if joined:  # as ours does above a million quads
            store.optimize()
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
    _, publish = _replacing(place)
    return publish


def after_one(ask: Callable[[KnowledgeGraph], object]) -> Callable[[Place], Callable[[], Iterable[object]]]:
    """Return how long it takes to ask again when one plan has been replaced, with all at hand that is kept of the others."""

    def make(place: Place) -> Callable[[], Iterable[object]]:
        import cspgraph.graph

        ask(place.ready())
        folder, publish = _replacing(place)
        publish()
        graph = cspgraph.graph.load(engine=f"oxigraph:{folder.path}")
        assert graph.questions
        return lambda: [ask(graph)]

    return make


def _replacing(place: Place) -> tuple[StoreFolder, Callable[[], Iterable[object]]]:
    """Return a copy of our store, and what replaces one plan in it."""
    from cspgraph.engines.folder import StoreFolder
    from cspgraph.engines.part import Graph

    folder = StoreFolder(fresh() / "store")
    shutil.copytree(place.folder / "store", folder.path)
    name, content = _one_graph(place)
    graphs = [Graph(graph, digest, b"", 0) for graph, digest in folder.graphs().items() if graph != name]
    assert graphs, "without the rest, a store of one graph is made"
    changed = Graph(name, "another", content, content.count(b"\n"))
    return folder, lambda: [folder.publish(lambda _: [*graphs, changed], {})]


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
