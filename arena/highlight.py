"""The match most worth seeing: of a game's latest round, the one whose winner was believed in least."""

from __future__ import annotations

from dataclasses import dataclass

from arena.match import Checkpoint
from arena.ratings import RATINGS
from arena.ratings.model import RatingModel
from arena.rows import MatchRow
from arena.store import Store


@dataclass(frozen=True)
class Highlight:
    """A match, and why it is worth seeing."""

    match: MatchRow
    winner: Checkpoint
    chance: float  # that the ratings gave the winner

    def __str__(self) -> str:
        lineup = " against ".join(str(seat) for seat in self.match.result.match.lineup)
        return (
            f"match {self.match.id}: {lineup}, won by {self.winner} in {self.match.result.steps} steps; "
            f"the ratings gave it {100 * self.chance:.0f}%"
        )


def most_surprising(store: Store, game: str) -> Highlight | None:
    """Of the matches that were played out by two and won by one; equal surprises go to the longer match."""
    played = [season for season in store.seasons(game) if season.rounds]
    if not played:
        return None
    standings = store.standings(game)
    model: RatingModel = RATINGS.make("trueskill")
    best: Highlight | None = None
    for row in store.results(game, season=played[-1].id, round=played[-1].rounds - 1):
        lineup, returns = row.result.match.lineup, row.result.returns
        if row.result.ending.kind != "finished" or len(set(lineup)) != 2 or len(lineup) != 2 or returns[0] == returns[1]:
            continue
        won = 0 if returns[0] > returns[1] else 1
        winner, loser = (standings.ratings.get(one, model.prior) for one in (lineup[won], lineup[1 - won]))
        chance = model.predict(winner, loser, standings.counters)[0]
        if best is None or (-chance, row.result.steps) > (-best.chance, best.match.result.steps):
            best = Highlight(row, lineup[won], chance)
    return best
