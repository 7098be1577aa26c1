"""A process of its own for one foreign query: killed when it takes too long or too much.

Run as a file, with nothing of cspgraph imported, so that it starts in milliseconds. It
reads one line of JSON from standard input, then N-Quads when the data is in memory, and
writes a line that says what kind of result follows, then the result. The parent kills it
at the deadline: pyoxigraph cannot be stopped from inside.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress


def _confine(memory: int, seconds: int) -> None:
    """Take the network and most of the machine away, as far as this platform lets us."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        new_user, new_network = 0x10000000, 0x40000000
        library = ctypes.CDLL(None, use_errno=True)
        if library.unshare(new_network) != 0:
            library.unshare(new_user | new_network)


def main() -> int:
    """Run the query that standard input describes; 0 done, 1 it is not SPARQL or failed, 2 out of memory."""
    import pyoxigraph as ox

    request = json.loads(sys.stdin.buffer.readline())
    if request["store"]:
        store = ox.Store.read_only(request["store"])
    else:
        store = ox.Store()
        store.bulk_load(sys.stdin.buffer.read(), ox.RdfFormat.N_QUADS)
    _confine(request["memory"], request["seconds"])
    try:
        named: list[ox.NamedNode | ox.BlankNode] = [ox.NamedNode(name) for name in request["graphs"]]
        union: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] = [*named]
        if request["union"]:
            results = store.query(request["query"], default_graph=union, named_graphs=named)
        else:
            results = store.query(request["query"], named_graphs=named)
        out = sys.stdout.buffer
        if isinstance(results, ox.QueryBoolean):
            out.write(b"ask\n" + (b"true" if results else b"false"))
        elif isinstance(results, ox.QueryTriples):
            out.write(b"graph\n")
            ox.serialize(results, out, ox.RdfFormat.N_TRIPLES)
        else:
            out.write(b"rows\n")
            results.serialize(out, ox.QueryResultsFormat.TSV)
        out.flush()
    except MemoryError:
        return 2
    except BrokenPipeError:
        return 1
    except (SyntaxError, ValueError, OSError, RuntimeError) as error:
        sys.stderr.write(getattr(error, "msg", None) or str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
