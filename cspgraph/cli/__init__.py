"""The command line: a command parses, calls one function, prints, exits.

Commands are imported one at a time, when they are called: `cspgraph list` must start as
fast as a bare interpreter with a parser in it.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click

from cspgraph import __version__
from cspgraph.errors import FAILED, INTERRUPTED, LIMIT, CspgraphError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO)  # what a full or broken disk says to what is written

# Name of the command: the module it lives in, and what `--help` says of it.
COMMANDS = {
    "list": ("inventory", "What is there: kinds with counts, or the things of one kind."),
    "show": ("inventory", "Everything known about one thing, with evidence."),
    "ask": ("asking", "A ready-made question; without one, the list of them."),
    "query": ("asking", "A SPARQL query of your own."),
    "depends": ("tracing", "What depends on a thing, or what it depends on."),
    "whatif": ("tracing", "What falls, and what is left, if something were gone."),
    "horizon": ("tracing", "What ends, is due or is reviewed, when, and what rests on it."),
    "load": ("bodies", "Who leads, supports and is named how often."),
    "chain": ("bodies", "To whom an action answers, and where the document stops."),
    "gaps": ("gaps", "What the plans leave out or contradict."),
    "coverage": ("frameworks", "Which priorities of a framework the local plans serve."),
    "compare": ("comparison", "Two plans side by side."),
    "evidence": ("passages", "The passages that a thing was read from."),
    "check": ("files", "Are these files well formed?"),
    "fmt": ("files", "Put plan files into their canonical form."),
    "build": ("files", "Load the plans into a store on disk."),
    "view": ("pictures", "A picture as one HTML page that opens offline."),
    "site": ("site", "All views and a page for every thing, as a small web site."),
    "report": ("papers", "The paper that a board gets, for Word, a browser or Excel."),
    "export": (
        "exporting",
        "The graph in the formats of other tools: RDF, GraphML, Neo4j, Mermaid, StratML ...; a workbook.",
    ),
    "import": ("importing", "A workbook, or a plan from another tool, as a plan file."),
    "diff": ("workbooks", "What differs between two plan files, workbooks or folders."),
}


class LazyGroup(click.Group):
    """A group that knows the names of its commands and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table above."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None for a name that is not one."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"cspgraph.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a near miss is told the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else " See `cspgraph --help`."
            raise click.UsageError(f"There is no command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="cspgraph %(version)s")
def cli() -> None:
    """A knowledge graph of community safety plans: ask it, trace it, draw it.

    \b
    cspgraph list                                          what is there
    cspgraph gaps                                          what the plans leave out
    cspgraph depends "Reducing Reoffending Strategy"       what rests on it
    cspgraph ask reviewed-or-ending --param from=2019-03   what is up in March 2019
    cspgraph view overview --to overview.html              a page to look at

    Every command takes --data PATH (your own plans), --plan ID, --format and --quiet.
    Exit codes: 0 nothing to report, 1 something was found, 2 a file or a word is wrong,
    3 an engine failed, 4 a limit was reached, 70 a fault of cspgraph, 130 interrupted.
    """


def main() -> None:
    """Run the command line and exit with a documented code, never with a traceback."""
    sys.exit(_run())


def _misused(error: click.ClickException) -> int:
    error.show()
    if "unexpected extra argument" in error.message:
        _say("    a name of several words stands in quotes")
    return 2


def _run() -> int:
    _streams()
    try:
        code = cli.main(prog_name="cspgraph", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        return _misused(error)
    except CspgraphError as error:
        _say(str(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        with suppress(ValueError):  # not in a thread, which is told nothing
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # told again while threads end: Python would complain of it
        _say("interrupted")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Nothing of ours exits so: click and rich do, where they meet a pipe that nobody reads any more.
        return _unwritten(0)
    except Exception as error:
        if os.environ.get("CSPGRAPH_DEBUG"):
            raise
        return _failed(error)


def _streams() -> None:
    """Have standard output and error take any text; one that the shell closed (>&-) takes it nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (open to the end)
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _failed(error: Exception) -> int:
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        _say(f"the answer cannot be written: {error.strerror}")
        return _unwritten(FAILED)
    if isinstance(error, MemoryError):
        _say("there is not enough memory for this\n    ask for less, such as one --plan")
        return LIMIT
    _say(
        f"this is a fault of cspgraph: {type(error).__name__}: {error}\n    set CSPGRAPH_DEBUG=1 to see where, and report it"
    )
    return 70


def _unwritten(code: int) -> int:
    """Let what is still to be written go nowhere, or Python would complain of it at the end; return the code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return code


def _say(text: str) -> None:
    from cspgraph.text import clean

    with suppress(OSError):  # the exit code says it still
        click.echo("\n".join(clean(line) for line in text.split("\n")), err=True)
