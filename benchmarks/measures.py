"""What is measured, by us and by each peer; every call runs in a process of its own (see run.py).

    python -m benchmarks.measures MEASURE WHO FOLDER

prints one line of JSON: the seconds to the first and to the last row, and the number of rows. The clock starts after
imports, with the store opened and the questions read (opening has a measure of its own), and after what the peer's user
would have at hand already: a graph in memory for rdflib, and for networkx where it says "graph built".
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cspgraph.columns import columns_of
from cspgraph.questions import read_catalogue
from cspgraph.resources import library
from cspgraph.terms import CSP, DEPENDS_ON, ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cspgraph.graph import KnowledgeGraph

# Triples up to which rdflib and pySHACL, readers of plan files, and graphs of networkx and single questions are measured.
SMALL, MIDDLE, LARGE = 100_000, 2_000_000, 20_000_000
# Rules that SHACL's core can say, with the relation that is wanted: `a thing of the kind has at least one`.
CORE = {
    "action-without-lead": ("Action", f"{CSP}ledBy"),
    "action-without-timescale": ("Action", f"{CSP}timescale"),
    "action-without-outcome": ("Action", f"{CSP}expects"),
    "action-without-resource": ("Action", f"{CSP}uses"),
    "indicator-without-target": ("Indicator", f"{CSP}target"),
    "indicator-without-direction": ("Indicator", f"{CSP}direction"),
    "money-without-sum": ("Award", f"{CSP}amount"),
    "board-without-chair": ("Board", f"{CSP}chairedBy"),
}


@dataclass(frozen=True)
class Place:
    """The folder of one size: `plans.nq`, `store`, for smaller sizes `plans`, and `facts.json` on what is in it."""

    folder: Path

    @property
    def facts(self) -> dict[str, Any]:
        """Return how many triples there are, and which things are asked about."""
        found = json.loads((self.folder / "facts.json").read_text(encoding="utf-8"))
        assert isinstance(found, dict)
        return found

    def store(self) -> Path:
        """Return the folder that pyoxigraph opens: the same for us and for it alone."""
        folder = self.folder / "store"
        return folder / str(json.loads((folder / "pointer.json").read_text(encoding="utf-8"))["store"])

    def forget_derived(self, kept: str) -> None:
        """Remove what was kept beside the store: all that is neither the store nor what points at it, or what is named so."""
        store = self.store()
        for path in store.parent.iterdir():
            if (
                path != store
                and path.name not in ("pointer.json", "lock")
                and (kept == "all" or (kept and kept in path.name))
            ):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def graph(self) -> KnowledgeGraph:
        """Return our graph on the store."""
        import cspgraph.graph

        return cspgraph.graph.load(engine=f"oxigraph:{self.folder / 'store'}")

    def ready(self) -> KnowledgeGraph:
        """Return our graph on the store, with the questions read and what they need imported."""
        import cspgraph.answers
        import cspgraph.coverage.frameworks
        import cspgraph.findings
        import cspgraph.tracing.horizon
        import cspgraph.tracing.load
        import cspgraph.tracing.loss
        import cspgraph.tracing.paths  # noqa: F401

        graph = self.graph()
        assert graph.questions
        return graph


@dataclass(frozen=True)
class Way:
    """How one competitor does it: a function that makes ready and returns what is timed."""

    make: Callable[[Place], Callable[[], Iterable[object]]]
    most: int = 10**12  # triples
    needs: str = "pyoxigraph"  # the module without which it is absent
    keeps: str = (
        ""  # what it keeps beside the store, so that the first time is another time: `all`, or the `answers` only
    )
    cold: bool = False  # whether it is measured also with the store's files not read yet


def measures() -> dict[str, dict[str, Way]]:
    """Return every measure with who is measured, us first."""
    found = {
        "load from RDF": {
            "cspgraph": Way(_load_rdf),
            "pyoxigraph": Way(_load_pyoxigraph),
            "rdflib": Way(_load_rdflib, SMALL, "rdflib"),
            "maplib": Way(_load_maplib, MIDDLE, "maplib"),
            "kglab": Way(_load_kglab, SMALL, "kglab"),
        },
        "load from plan files": {"cspgraph": Way(_load_plans, MIDDLE), "PyYAML, events only": Way(_read_yaml, MIDDLE, "yaml")},
        "load again, one plan edited": {"cspgraph": Way(_load_again, SMALL), "PyYAML, events only": Way(_read_yaml, SMALL, "yaml")},
        "replace one graph": {"cspgraph": Way(_replace), "pyoxigraph": Way(_replace_pyoxigraph)},
        "open, all of one thing": {
            "cspgraph": Way(_point, cold=True),
            "pyoxigraph": Way(_point_pyoxigraph, cold=True),
            "rdflib": Way(_point_rdflib, SMALL, "rdflib"),
        },
        "all rules": {"cspgraph": Way(_rules, keeps="all"), "pyoxigraph": Way(_rules_pyoxigraph)},
        "eight rules that SHACL can say": {
            "cspgraph": Way(_core, keeps="all"),
            "pyoxigraph": Way(_core_pyoxigraph),
            "pySHACL": Way(_core_pyshacl, SMALL, "pyshacl"),
        },
        "depends": {
            "cspgraph": Way(_depends, keeps="all"),
            "networkx": Way(_depends_networkx, LARGE, "networkx"),
            "networkx, graph built": Way(_depends_built, LARGE, "networkx"),
            "rustworkx, graph built": Way(_depends_rustworkx, LARGE, "rustworkx"),
            "pyoxigraph": Way(_depends_pyoxigraph),
            "rdflib": Way(_depends_rdflib, SMALL, "rdflib"),
        },
        "what-if": {"cspgraph": Way(_what_if, keeps="all"), "networkx": Way(_depends_networkx, LARGE, "networkx")},
        "horizon": {"cspgraph": Way(_horizon, keeps="all"), "pyoxigraph": Way(_horizon_pyoxigraph)},
        "load of bodies": {"cspgraph": Way(_load, keeps="all"), "networkx": Way(_load_networkx, LARGE, "networkx")},
        "coverage": {"cspgraph": Way(_coverage, keeps="all"), "pyoxigraph": Way(_coverage_pyoxigraph)},
    }  # fmt: skip
    for number, question in enumerate(_questions("ask")):
        ways = {
            "cspgraph": Way(_ask(question), LARGE, keeps="answers", cold=not number % 8),
            "pyoxigraph": Way(_ask_pyoxigraph(question), LARGE, cold=not number % 8),
        }
        if not number % 8:  # it takes minutes for all of them
            ways["rdflib"] = Way(_ask_rdflib(question), SMALL, "rdflib")
        found[f"ask {question.name}"] = ways
    return found


def absent(way: Way) -> bool:
    """Return whether the module that a way needs is not installed."""
    return importlib.util.find_spec(way.needs) is None


@cache
def _questions(kind: str) -> tuple[Any, ...]:
    return tuple(sorted(read_catalogue(library()).of(kind), key=lambda question: question.name))


# -------------------------------------------------------------------- loading


def _fresh() -> Path:
    """Return a folder for what is written, beside nothing else; the process that started us clears it."""
    return Path(tempfile.mkdtemp(prefix="written-"))


def _command(*words: str) -> Iterable[object]:
    """Run a command of ours here, as the shell would; a row for it."""
    from cspgraph.cli import cli

    cli.main(list(words), standalone_mode=False)
    return [words]


def _load_rdf(place: Place) -> Callable[[], Iterable[object]]:
    from cspgraph.cli import cli

    command = cli.get_command(None, "build")  # type: ignore[arg-type]
    if not any("--from-rdf" in parameter.opts for parameter in command.params):  # type: ignore[union-attr]
        raise SystemExit("absent: this version does not load dumps")
    to = f"oxigraph:{_fresh()}"
    return lambda: _command("build", "--from-rdf", str(place.folder / "plans.nq"), "--to", to, "--quiet")


def _load_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    import pyoxigraph as ox

    def run() -> Iterable[object]:
        store = ox.Store(str(_fresh()))
        store.bulk_load(path=str(place.folder / "plans.nq"), format=ox.RdfFormat.N_QUADS)
        store.flush()
        return [store]

    return run


def _load_rdflib(place: Place) -> Callable[[], Iterable[object]]:
    return lambda: [_dataset(place)]


def _load_maplib(place: Place) -> Callable[[], Iterable[object]]:
    maplib = importlib.import_module("maplib")
    path = _triples(place)
    model = (getattr(maplib, "Model", None) or maplib.Mapping)()
    return lambda: [(getattr(model, "read", None) or model.read_triples)(str(path))]


def _load_kglab(place: Place) -> Callable[[], Iterable[object]]:
    kglab = importlib.import_module("kglab")
    path = _triples(place)
    return lambda: [kglab.KnowledgeGraph().load_rdf(str(path), format="ntriples")]


def _triples(place: Place) -> Path:
    """Write the graph without names of graphs, for those that know none."""
    import pyoxigraph as ox

    path = _fresh() / "plans.nt"
    quads = ox.parse(path=str(place.folder / "plans.nq"), format=ox.RdfFormat.N_QUADS)
    triples = (ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads)
    ox.serialize(triples, str(path), format=ox.RdfFormat.N_TRIPLES)
    return path


def _load_plans(place: Place) -> Callable[[], Iterable[object]]:
    to = f"oxigraph:{_fresh()}"
    return lambda: _command("build", "--data", str(place.folder / "plans"), "--to", to, "--quiet")


def _load_again(place: Place) -> Callable[[], Iterable[object]]:
    folder = _fresh()
    shutil.copytree(place.folder / "plans", folder / "plans")
    to = f"oxigraph:{folder / 'store'}"
    _command("build", "--data", str(folder / "plans"), "--to", to, "--quiet")
    plan = min((folder / "plans" / "plans").iterdir())
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("\ntitle: ", "\ntitle: Revised ", 1), encoding="utf-8")
    return lambda: _command("build", "--data", str(folder / "plans"), "--to", to, "--quiet")


def _read_yaml(place: Place) -> Callable[[], Iterable[object]]:
    import yaml

    files = sorted((place.folder / "plans").rglob("*.yaml"))
    return lambda: (sum(1 for _ in yaml.parse(path.read_bytes(), Loader=yaml.CSafeLoader)) for path in files)


def _replace(place: Place) -> Callable[[], Iterable[object]]:
    from cspgraph.engines.folder import StoreFolder
    from cspgraph.engines.part import Graph

    folder = StoreFolder(_fresh() / "store")
    shutil.copytree(place.folder / "store", folder.path)
    name, content = _one_graph(place)
    graphs = [Graph(graph, digest, b"", 0) for graph, digest in folder.graphs().items() if graph != name]
    changed = Graph(name, "another", content, content.count(b"\n"))
    return lambda: [folder.publish(lambda _: [*graphs, changed], {})]


def _replace_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    import pyoxigraph as ox

    folder = _fresh() / "store"
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
    quads = _read_only(place).quads_for_pattern(None, None, None, ox.NamedNode(name))
    return name, ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""


# -------------------------------------------------------------------- asking


def _read_only(place: Place) -> Any:
    import pyoxigraph as ox

    return ox.Store.read_only(str(place.store()))


def _dataset(place: Place) -> Any:
    from rdflib import Dataset

    dataset = Dataset(default_union=True)
    dataset.parse(place.folder / "plans.nq", format="nquads")
    return dataset


def _rows(place: Place, query: str) -> Iterator[object]:
    """Yield the rows of a query in pyoxigraph by itself, opening included."""
    yield from _read_only(place).query(query, use_default_graph_as_union=True)


def _point(place: Place) -> Callable[[], Iterable[object]]:
    import cspgraph.graph  # noqa: F401

    thing = place.facts["thing"]
    return lambda: place.graph().engine.select(f"SELECT ?p ?o WHERE {{ <{ID}{thing}> ?p ?o }}").rows


def _point_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    thing = place.facts["thing"]
    return lambda: _rows(place, f"SELECT ?p ?o WHERE {{ <{ID}{thing}> ?p ?o }}")


def _point_rdflib(place: Place) -> Callable[[], Iterable[object]]:
    dataset, thing = _dataset(place), place.facts["thing"]
    return lambda: dataset.query(f"SELECT ?p ?o WHERE {{ <{ID}{thing}> ?p ?o }}")


def _ask(question: Any) -> Callable[[Place], Callable[[], Iterable[object]]]:
    def make(place: Place) -> Callable[[], Iterable[object]]:
        graph = place.ready()
        columns_of(graph.engine)  # as after any command that walks the graph
        return lambda: graph.ask(question.name)

    return make


def _ask_pyoxigraph(question: Any) -> Callable[[Place], Callable[[], Iterable[object]]]:
    def make(place: Place) -> Callable[[], Iterable[object]]:
        store, query = _read_only(place), question.path.read_text(encoding="utf-8")
        return lambda: store.query(query, use_default_graph_as_union=True)

    return make


def _ask_rdflib(question: Any) -> Callable[[Place], Callable[[], Iterable[object]]]:
    def make(place: Place) -> Callable[[], Iterable[object]]:
        dataset = _dataset(place)
        return lambda: dataset.query(question.path.read_text(encoding="utf-8"))

    return make


# -------------------------------------------------------------------- rules


def _rules(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return graph.gaps


def _rules_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    return lambda: _all_rows(place, [question.path for question in _questions("gap")])


def _core(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return lambda: graph.gaps(*CORE)


def _core_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    return lambda: _all_rows(place, [question.path for question in _questions("gap") if question.name in CORE])


def _all_rows(place: Place, queries: list[Path]) -> Iterator[object]:
    store = _read_only(place)
    for path in queries:
        yield from store.query(path.read_text(encoding="utf-8"), use_default_graph_as_union=True)


def _core_pyshacl(place: Place) -> Callable[[], Iterable[object]]:
    from pyshacl import validate
    from rdflib import Graph
    from rdflib.namespace import RDF, SH

    data = Graph().parse(_triples(place), format="nt")
    shapes = "@prefix sh: <http://www.w3.org/ns/shacl#> .\n" + "".join(
        f"<urn:{name}> a sh:NodeShape ; sh:targetClass <{CSP}{kind}> ; sh:property [ sh:path <{path}> ; sh:minCount 1 ] .\n"
        for name, (kind, path) in CORE.items()
    )
    shapes_graph = Graph().parse(data=shapes, format="turtle")

    def run() -> Iterable[object]:
        _, report, _ = validate(data, shacl_graph=shapes_graph, inference="none", advanced=False, meta_shacl=False)
        assert isinstance(report, Graph)
        return report.subjects(RDF.type, SH.ValidationResult)

    return run


# -------------------------------------------------------------------- tracing

_EDGES = f"SELECT ?s ?o WHERE {{ ?s <{DEPENDS_ON}> ?o }}"


def _edges(place: Place) -> Iterator[tuple[str, str]]:
    return ((row[0].value, row[1].value) for row in _rows(place, _EDGES))  # type: ignore[index]


def _depends(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return lambda: graph.depends(place.facts["focus"])


def _depends_networkx(place: Place) -> Callable[[], Iterable[object]]:
    import networkx as nx

    return lambda: nx.ancestors(nx.DiGraph(_edges(place)), f"{ID}{place.facts['focus']}")


def _depends_built(place: Place) -> Callable[[], Iterable[object]]:
    import networkx as nx

    graph = nx.DiGraph(_edges(place))
    return lambda: nx.ancestors(graph, f"{ID}{place.facts['focus']}")


def _depends_rustworkx(place: Place) -> Callable[[], Iterable[object]]:
    rustworkx = importlib.import_module("rustworkx")
    graph, numbers = rustworkx.PyDiGraph(), {}
    for pair in _edges(place):
        for name in pair:
            if name not in numbers:
                numbers[name] = graph.add_node(name)
        graph.add_edge(numbers[pair[0]], numbers[pair[1]], None)
    return lambda: rustworkx.ancestors(graph, numbers[f"{ID}{place.facts['focus']}"])


def _depends_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    focus = place.facts["focus"]
    return lambda: _rows(place, f"SELECT DISTINCT ?s WHERE {{ ?s <{DEPENDS_ON}>+ <{ID}{focus}> }}")


def _depends_rdflib(place: Place) -> Callable[[], Iterable[object]]:
    from rdflib import URIRef

    dataset, focus = _dataset(place), place.facts["focus"]
    return lambda: dataset.transitive_subjects(URIRef(DEPENDS_ON), URIRef(f"{ID}{focus}"))


def _what_if(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return lambda: [graph.what_if(place.facts["focus"])]


def _horizon(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return lambda: graph.horizon("2016-01", "2016-12")


def _horizon_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    return lambda: _rows(
        place,
        f"""PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        SELECT ?thing ?relation ?last WHERE {{ ?date <{CSP}latest> ?last . ?thing ?relation ?date
        FILTER(?last >= "2016-01-01"^^xsd:date && ?last <= "2016-12-31"^^xsd:date) }} ORDER BY ?last""",
    )


def _load(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return graph.load


def _load_networkx(place: Place) -> Callable[[], Iterable[object]]:
    import networkx as nx

    leads = f"SELECT ?s ?o WHERE {{ ?s <{CSP}ledBy> ?o }}"
    return lambda: nx.DiGraph((str(row[0]), str(row[1])) for row in _rows(place, leads)).in_degree()  # type: ignore[index]


def _coverage(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return graph.coverage


def _coverage_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    return lambda: _rows(
        place,
        f"""PREFIX csp: <{CSP}>
        SELECT ?framework (COUNT(DISTINCT ?priority) AS ?priorities) (COUNT(DISTINCT ?served) AS ?count) WHERE {{
          ?priority csp:framework ?framework OPTIONAL {{ ?alignment csp:with ?priority BIND(?priority AS ?served) }}
        }} GROUP BY ?framework ORDER BY ?framework""",
    )


def main() -> None:
    """Run one measure as one competitor and print what it took."""
    name, who, folder = sys.argv[1:4]
    way = measures()[name][who]
    run = way.make(Place(Path(folder)))
    first = 0.0
    rows = 0
    start, used = time.perf_counter(), time.process_time()
    for _ in run():
        first = first or time.perf_counter() - start
        rows += 1
    seconds, processor = time.perf_counter() - start, time.process_time() - used
    print(json.dumps({"seconds": seconds, "first": first, "processor": processor, "rows": rows}))


if __name__ == "__main__":
    main()
