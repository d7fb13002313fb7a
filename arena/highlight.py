"""The match most worth seeing: of a game's latest round, the one whose winner was believed in least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arena.match import Checkpoint, Result
from arena.matchmaking.schedule import sides_of
from arena.ratings import RATINGS
from arena.ratings.model import RatingModel, Standings
from arena.rows import MatchRow
from arena.store import Store
from arena.tables import plural


@dataclass(frozen=True)
class Highlight:
    """A match, and why it is worth seeing."""

    match: MatchRow
    sides: tuple[Checkpoint, ...]  # who played: one for each seat, or for each team where teams compete
    winner: Checkpoint
    chance: float  # that the ratings gave the winner against the best rated of the others

    def __str__(self) -> str:
        lineup = " against ".join(str(side) for side in self.sides)
        return (
            f"match {self.match.id}: {lineup}, won by {self.winner} in {plural(self.match.result.steps, 'step')}; "
            f"the ratings gave it {100 * self.chance:.0f}%"
        )


def most_surprising(store: Store, game: str) -> Highlight | None:
    """Of the matches that were played out and won by one; equal surprises go to the longer match.

    Where teams compete, one that a single checkpoint holds is one. Where all win together nobody wins: there is none.
    """
    played = [season for season in store.seasons(game) if season.rounds]
    rules = store.game(game)
    if not played or rules.flavour == "cooperative":
        return None
    seats, standings = sides_of(rules), store.standings(game)
    model: RatingModel = RATINGS.make("trueskill")
    best: Highlight | None = None
    for row in store.results(game, season=played[-1].id, round=played[-1].rounds - 1):
        if (found := won(row.result, seats)) is None:
            continue
        sides, winner = found
        chance = _chance(winner, [one for one in sides if one != winner], standings, model)
        if best is None or (-chance, row.result.steps) > (-best.chance, best.match.result.steps):
            best = Highlight(row, sides, winner, chance)
    return best


def won(result: Result, seats: Sequence[int]) -> tuple[tuple[Checkpoint, ...], Checkpoint] | None:
    """The sides of a match and the one that won it alone; None where there is none. `seats` is the side of each seat."""
    if result.ending.kind != "finished":
        return None
    lineup, earned = dict(zip(seats, result.match.lineup, strict=True)), [0.0] * (max(seats) + 1)
    for side, who, pay in zip(seats, result.match.lineup, result.returns, strict=True):
        if who != lineup[side]:
            return None
        earned[side] += pay / seats.count(side)
    sides = tuple(lineup[side] for side in range(len(earned)))
    alone = len(set(sides)) == len(sides) > 1 and earned.count(max(earned)) == 1
    return (sides, sides[earned.index(max(earned))]) if alone else None


def _chance(winner: Checkpoint, others: Sequence[Checkpoint], standings: Standings, model: RatingModel) -> float:
    """How likely the winner was to beat the best rated of the others."""
    mine, *theirs = (standings.ratings.get(one, model.prior) for one in (winner, *others))
    return model.predict(mine, max(theirs, key=lambda rating: rating.mu), standings.counters)[0]
