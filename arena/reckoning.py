"""The reckoning: what the log of a game comes to. Rounds are closed with it, stored ratings proved, lost ones rebuilt.

Every way leads through `arena.ratings.fold`, so ratings are what the log gives, however often a season was interrupted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from math import isclose
from typing import TYPE_CHECKING

from arena.match import Checkpoint, Comparison, Result
from arena.ratings import RATINGS
from arena.ratings.comparisons import comparisons
from arena.ratings.fold import fold_round, refold
from arena.ratings.model import Rating, RatingModel, Standings
from arena.ratings.trueskill import best_first
from arena.rows import RatingRow, SeasonRow, nth
from arena.series import Results
from arena.store import Store
from games.spec import GameSpec

if TYPE_CHECKING:
    from arena.ratings.meetings import Meetings


def close_round(
    store: Store,
    season: SeasonRow,
    number: int,
    *,
    cut: bool = False,
    results: Iterable[Result] | None = None,
    in_order: bool = False,
) -> Standings:
    """Rates what a round has recorded and closes it; `cut` where planned matches may be missing.

    `results` are all that it has recorded, from whoever has them at hand; `in_order` of their ordinals, perhaps.
    """
    if results is None:
        results = recorded(store, season, number)
    rules = store.game(season.game, season.version)
    standings = fold_round(store.standings(season.game), results, rules, _model(), in_order=in_order)
    store.close_round(season.id, number, standings, cut=cut)
    return standings


def recorded(store: Store, season: SeasonRow, number: int) -> Results:
    """What a round has recorded so far, without tapes."""
    return Results.of(row.result for row in store.results(season.game, season=season.id, round=number)).bare()


def give_up(store: Store, season: SeasonRow) -> None:
    """Ends an interrupted season. What its open round has recorded is rated, so ratings and payoffs tell of one log."""
    begun = store.round(season.id, season.rounds)
    if begun is not None and begun.recorded and not begun.closed:
        close_round(store, season, begun.number, cut=True)
    store.close_season(season.id)


def proved(store: Store, game: str, *, without: Collection[Checkpoint] = ()) -> Iterator[Comparison]:
    """All that the matches of a game prove, round by round; also those of a round that is still being played.

    Matches in which anybody of `without` sat are left out, as if they never had been played.
    """
    for rules, results in _rounds(store, game, without):
        yield from comparisons(results, rules.flavour, rules.team_of)


def meetings(store: Store, game: str, *, without: Collection[Checkpoint] = ()) -> Meetings:
    """The same, counted, without regard to order."""
    from arena.ratings.meetings import Meeting, Tally, arranged  # numpy, for which a season's end need not wait

    rules = [store.game(game, version) for version in {season.version for season in store.seasons(game)}]
    if not all(one.flavour == "competitive" and one.seats == 2 for one in rules):
        tally = Tally()
        for its, results in _rounds(store, game, without):
            tally.see(results, its)
        return tally.meetings()
    rows = [one for one in store.outcomes(game) if one.first not in without and one.second not in without]
    return arranged(Meeting((one.first,), (one.second,), one.sided, one.won, one.drawn, one.lost) for one in rows)


def _rounds(store: Store, game: str, without: Collection[Checkpoint]) -> Iterator[tuple[GameSpec, Iterator[Result]]]:
    """The results of each round, with the rules that it was played by; also of one that is still being played."""
    for season in store.seasons(game):
        rules = store.game(game, season.version)
        for number in range(season.rounds + (not season.finished)):
            yield rules, _played(store, season, number, without)


def proofs(store: Store, game: str) -> dict[tuple[Comparison, ...], list[int]]:
    """The ids of a competitive game's matches by what they prove, oldest first; those that prove nothing are left out."""
    found: dict[tuple[Comparison, ...], list[int]] = {}
    for season in store.seasons(game):
        rules = store.game(game, season.version)
        assert rules.flavour == "competitive", f"a match of {game} proves nothing by itself"
        for row in store.results(game, season=season.id):
            if told := tuple(map(_one_spelling, comparisons([row.result], rules.flavour, rules.team_of))):
                found.setdefault(told, []).append(row.id)
    return found


def _one_spelling(one: Comparison) -> Comparison:
    """The best first, unless the order of its teams says who had the first seat."""
    if one.sided:
        return one
    ranks, teams = zip(*best_first(one), strict=True)
    return Comparison(teams, ranks)


def rebuild(store: Store) -> None:
    """Counts payoffs and ratings of every game again from the log, and puts them in the place of those stored."""
    for game in store.games():
        store.recount_payoffs(game)
        store.replace_standings(game, *reckon(store, game))


def disagreements(store: Store) -> list[str]:
    """Stored ratings that are not what the log gives, in words."""
    found: list[str] = []
    for game in store.games():
        try:
            found += _disagreements(store, game)
        except Exception as error:  # damage can make anything fail in any way
            found.append(f"ratings, history or folds of {game}: cannot be read: {error}")
    return found


def reckon(
    store: Store, game: str, model: RatingModel | None = None, *, without: Collection[Checkpoint] = ()
) -> tuple[Standings, list[RatingRow]]:
    """A game's standings and the history of its ratings, folded again from its first round on; by TrueSkill, usually."""
    closed = [(season, number) for season in store.seasons(game) for number in range(season.rounds)]
    rounds = ((store.game(game, season.version), _played(store, season, number, without)) for season, number in closed)
    before, history = Standings(), list[RatingRow]()
    for (season, number), standings in zip(closed, refold(rounds, model or _model()), strict=True):
        news = standings.news(before)
        history += [RatingRow(season.id, number, who, rating.mu, rating.sigma) for who, rating in news.items()]
        before = standings
    return before, history


def _played(store: Store, season: SeasonRow, number: int, without: Collection[Checkpoint]) -> Iterator[Result]:
    """The results of a round in which nobody of `without` sat."""
    results = (row.result for row in store.results(season.game, season=season.id, round=number))
    return (one for one in results if not any(who in without for who in one.match.lineup)) if without else results


def _disagreements(store: Store, game: str) -> Iterator[str]:
    stored, (folded, history) = store.standings(game), reckon(store, game)
    for who in {**folded.ratings, **stored.ratings}:
        if not _same(stored.ratings.get(who), folded.ratings.get(who)):
            yield f"rating of {who}: {_said(stored, who)} is stored, the log gives {_said(folded, who)}"
        elif stored.compared[who] != folded.compared[who]:
            yield f"rating of {who}: {stored.compared[who]} comparisons stored, the log gives {folded.compared[who]}"
    if stored.counters != folded.counters:
        yield f"ratings of {game}: counted {dict(stored.counters)}, the log gives {dict(folded.counters)}"
    kept, told = _by_place(store.rating_history(game)), _by_place(history)
    for place in {**told, **kept}:
        if not _same(kept.get(place), told.get(place)):
            season, number, who = place
            yield f"rating of {who} after round {nth(number)} of season {season}: not what the log gives"


def _by_place(rows: Iterable[RatingRow]) -> dict[tuple[int, int, Checkpoint], Rating]:
    return {(row.season, row.round, row.checkpoint): Rating(row.mu, row.sigma) for row in rows}


def _same(one: Rating | None, other: Rating | None) -> bool:
    """Equal but for the last digits, in which the mathematics libraries of two machines may differ."""
    if one is None or other is None:
        return one is other
    return isclose(one.mu, other.mu, rel_tol=1e-9, abs_tol=1e-9) and isclose(one.sigma, other.sigma, rel_tol=1e-9)


def _said(standings: Standings, who: Checkpoint) -> str:
    rating = standings.ratings.get(who)
    return "none" if rating is None else f"mu {rating.mu:.6f}, sigma {rating.sigma:.6f}"


def _model() -> RatingModel:
    model: RatingModel = RATINGS.make("trueskill")
    return model
