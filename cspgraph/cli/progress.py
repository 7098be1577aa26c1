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


@contextmanager
def progress(what: str, *, quiet: bool = False) -> Iterator[None]:
    """After two seconds say on standard error what goes on, on a terminal with the seconds counted."""
    if quiet:
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_count, args=(what, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _count(what: str, done: threading.Event) -> None:
    begun = time.monotonic()
    if done.wait(_PATIENCE):
        return
    if not sys.stderr.isatty():
        click.echo(f"{what} ...", err=True)
        return
    while not done.wait(0.5):
        click.echo(f"\r{what} ... {time.monotonic() - begun:.0f} s", nl=False, err=True)
    click.echo("\r\033[K", nl=False, err=True)
