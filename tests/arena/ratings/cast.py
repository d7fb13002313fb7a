"""A cast of checkpoints and made-up results, for tests of everything that reads results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena.analysis.payoff import Pair, Payoff, earnings
from arena.match import Checkpoint, Match, Result
from games.spec import Flavour


def checkpoint(name: str, version: int = 1) -> Checkpoint:
    return Checkpoint.make(name, version, spec="uniform")


def cast(size: int) -> list[Checkpoint]:
    return [checkpoint(f"agent{number:02}") for number in range(size)]


def result(
    ordinal: int,
    lineup: Sequence[Checkpoint],
    returns: Sequence[float],
    *,
    seed: int = 0,
    faults: Sequence[str | None] = (),
    void: str | None = None,
) -> Result:
    paid = () if void else tuple(map(float, returns))
    return Result(Match(ordinal, seed, tuple(lineup)), paid, steps=1, tape=b"", faults=tuple(faults), void=void)


def payoffs(results: Iterable[Result], flavour: Flavour = "competitive", teams: Sequence[int] = ()) -> dict[Pair, Payoff]:
    """What results add up to, as a store would keep it."""
    found: dict[Pair, Payoff] = {}
    for one in results:
        for row, column, sums in earnings(one, flavour, teams):
            found[row, column] = found.get((row, column), Payoff()) + Payoff(*sums)
    return found
