"""The fold of a game: its rounds, season by season, become standings. All that rates goes through here.

A round is folded whole and a cut one as it was left, since comparisons hold among the matches of one round. Matches are
taken in the order of their ordinals, which begin again with every season; so the order of a game is season, round, ordinal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from arena.match import Result
from arena.ratings.comparisons import comparisons
from arena.ratings.model import RatingModel, Standings
from games.spec import GameSpec


def fold_round(
    standings: Standings, results: Iterable[Result], game: GameSpec, model: RatingModel, *, in_order: bool = False
) -> Standings:
    """The standings after one more round; `in_order`, as in `comparisons`, needs less memory."""
    return model.fold(standings, comparisons(results, game.flavour, game.team_of, in_order=in_order))


def refold(rounds: Iterable[tuple[GameSpec, Iterable[Result]]], model: RatingModel) -> Iterator[Standings]:
    """The standings after each closed round, from a game's first; each comes with the rules that it was played by."""
    standings = Standings()
    for game, results in rounds:
        standings = fold_round(standings, results, game, model)
        yield standings
