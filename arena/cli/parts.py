"""Progress through work of so many parts, on stderr: a bar on a terminal, otherwise a plain line for each part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from arena.cli.desk import Desk
from arena.names import safe


@contextmanager
def parts(desk: Desk) -> Iterator[Callable[[int, int, str], None]]:
    """Whom to tell how many parts are done, of how many, and what comes now."""
    if not desk.on_terminal():
        yield lambda done, of, what: desk.say(safe(f"{min(done + 1, of)}/{of}  {what}"))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    console = Console(stderr=True, no_color=desk.colour is False, highlight=False)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("begins", total=None)
        yield lambda done, of, what: progress.update(task, completed=done, total=of, description=escape(safe(what)))
