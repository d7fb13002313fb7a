"""Foresight: how long a batch waits for minimax."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.core import Observation
from agents.registry import make_agent
from agents.rehearsal import rehearse
from arena.bench.lap import Unit
from arena.bench.measure import Bench, Figure
from games.registry import GAMES
from games.spec import GameSpec

PLAYED = 6  # moves: the opening is over, and nearly every column open


def minimax(bench: Bench, depths: Sequence[int] = (2, 4, 6), boards: int = 64) -> Iterator[Figure]:
    """One answer to boards of Connect Four, each some moves into a game of its own, by depth."""
    depths, boards = ((2,), 4) if bench.quick else (depths, boards)
    game = GAMES.make("connect_four")
    seen = rehearse(game, make_agent("uniform", game.spec), boards=boards, everywhere=True).turns[PLAYED].seen
    units = {f"minimax(depth={depth})": _answers(f"minimax(depth={depth})", game.spec, seen) for depth in depths}
    found = bench.race(units)
    for spec in units:
        yield Figure(f"{spec}, {len(seen)} boards", "s", found[spec].seconds())


def _answers(spec: str, game: GameSpec, seen: Observation) -> Unit:
    def act() -> dict[str, float]:
        make_agent(spec, game).act(seen)  # a new one, that has seen none of the boards
        return {}

    return act
