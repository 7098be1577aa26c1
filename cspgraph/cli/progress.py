"""A sign of life on anything over two seconds."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 2.0
_SELDOM = 30.0


class Tally:
    """How far a piece of work is, in bytes; told beside what goes on, with the rate."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.done = 0
        self.total = 0

    def tell(self, done: int, total: int) -> None:
        """Say how far it is."""
        self.done, self.total = done, total

    def __str__(self) -> str:
        seconds = time.monotonic() - self.begun
        if not self.total:
            return f"{seconds:.0f} s"
        rate = self.done / 1e6 / max(seconds, 0.1)
        return f"{self.done / 1e6:,.1f} of {self.total / 1e6:,.1f} MB, {rate:,.1f} MB/s, {seconds:.0f} s"


@contextmanager
def progress(what: str, *, quiet: bool = False) -> Iterator[Tally]:
    """After two seconds say on standard error what goes on, on a terminal with the seconds counted, elsewhere seldom."""
    tally = Tally()
    if quiet:
        yield tally
        return
    done = threading.Event()
    thread = threading.Thread(target=_count, args=(what, tally, done), daemon=True)
    thread.start()
    try:
        yield tally
    finally:
        done.set()
        thread.join()


def _count(what: str, tally: Tally, done: threading.Event) -> None:
    if done.wait(_PATIENCE):
        return
    if not sys.stderr.isatty():
        click.echo(f"{what} ...", err=True)
        while not done.wait(_SELDOM):
            click.echo(f"{what} ... {tally}", err=True)
        return
    while not done.wait(0.5):
        click.echo(f"\r{what} ... {tally}\033[K", nl=False, err=True)
    click.echo("\r\033[K", nl=False, err=True)
