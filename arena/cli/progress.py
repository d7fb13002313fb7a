"""What a season says while it runs, on stderr: bars on a terminal, otherwise a plain line for each event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from arena.cli.desk import Desk
from arena.names import safe
from arena.ratings.model import Standings
from arena.rows import nth
from arena.season import ChunkPlayed, Event, LearnerFroze, LearnerWentOn, RoundBegan, RoundRated
from arena.tables import plural

Notify = Callable[[Event], None]
_SHOWN = 4  # metrics of a learner, and places of a round


@contextmanager
def watching(desk: Desk) -> Iterator[Notify]:
    """What to notify of a season's events, drawn as fits the screen."""
    if desk.verbosity < 0:
        yield lambda event: None
    elif desk.on_terminal():
        with _bars(desk) as notify:
            yield notify
    else:
        teller = Teller()
        yield lambda event: click.echo(teller.tell(event), err=True)


class Teller:
    """Events in words; remembers which round it is."""

    def __init__(self) -> None:
        self.round = ""
        self.warned = False

    def tell(self, event: Event) -> str:
        """One line."""
        if isinstance(event, RoundBegan):
            self.round = f"round {nth(event.number)}/{event.rounds}"
        return safe(f"{self.round}  {self._said(event)}{self._beyond(event)}")

    def _beyond(self, event: Event) -> str:
        """That a batch alone is more than twice what was asked for, and what would be about that; said once."""
        if self.warned or not isinstance(event, LearnerFroze | LearnerWentOn):
            return ""
        asked, steps, games = event.trained.asked, event.trained.steps, event.trained.games
        if not asked or steps <= 2 * asked:
            return ""
        self.warned = True
        boards = -(-asked * games // steps)
        return (
            f"; {asked:,} were asked for, but matches are played to their end, and one batch of {games:,} is so many:"
            f" --boards {boards} is about {steps * boards // games:,}"
        )

    def _said(self, event: Event) -> str:
        match event:
            case RoundBegan():
                begun = f"training {event.learners} learner{'s' * (event.learners != 1)}" if event.learners else "begins"
                return begun + (f"; suspended: {', '.join(event.suspended)}" if event.suspended else "")
            case LearnerFroze():
                return f"{event.checkpoint} {_trained(event)}{', and begins anew' * event.trained.anew}"
            case LearnerWentOn():
                return f"{event.trained.name} {_trained(event)}, and goes on without a checkpoint"
            case ChunkPlayed():
                spoiled = f", {event.spoiled} of the last chunk forfeited or void" if event.spoiled else ""
                return f"played {event.done}/{plural(event.planned, 'match', 'matches')}{spoiled}"
            case RoundRated():
                return f"rated: {_best(event.standings)}"


def _trained(event: LearnerFroze | LearnerWentOn) -> str:
    metrics = list(event.trained.metrics.items())[:_SHOWN]
    told = "".join(f", {name} {value:.3g}" for name, value in metrics)
    return f"trained {plural(event.trained.steps, 'decision')} in {event.trained.seconds:.1f} s{told}"


def _best(standings: Standings) -> str:
    """The agents that lead after a round, by their newest checkpoints."""
    newest = {one.agent: one for one in sorted(standings.ratings, key=lambda one: one.version)}
    ranked = sorted(newest.values(), key=lambda one: -standings.ratings[one].exposure)
    return ", ".join(f"{one} {standings.ratings[one].exposure:.1f}" for one in ranked[:_SHOWN])


@contextmanager
def _bars(desk: Desk) -> Iterator[Notify]:
    """A line for each learner and round that stays, and one that moves below."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    console = Console(stderr=True, no_color=desk.colour is False, highlight=False)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    teller = Teller()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("begins", total=None)

        def notify(event: Event) -> None:
            line = teller.tell(event)
            match event:
                case LearnerFroze() | LearnerWentOn():
                    console.print(Text(line))
                    progress.advance(task)
                case RoundRated():
                    console.print(Text(line))
                case RoundBegan():
                    progress.reset(task, total=event.learners or None, description=line)
                case ChunkPlayed():
                    progress.update(task, total=event.planned, completed=event.done, description=line)

        yield notify
