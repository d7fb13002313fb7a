"""The analyst: questions to a league's matches that no rating alone answers, each a command of `arena analyze`.

    league.analyze.payoff("connect_four")
    league.analyze.exploitability("alice@3")

Every answer is a frozen value that prints itself and has `as_json()`; the formulas are in `arena.analysis`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from arena.analysis.payoff import Payoff, PayoffTable
from arena.answers.crossplay import CrossPlay
from arena.answers.family import Family
from arena.answers.payoff_map import PayoffMap
from arena.errors import BadConfig, BadName, NotFound
from arena.leaderboard import by_skill
from arena.matchmaking import MATCHMAKERS
from arena.pool import Pool
from arena.progress import Notify, unheard
from arena.ranks import shown
from arena.ratings import FITS, RATINGS
from arena.ratings.model import expected
from arena.reckoning import meetings, proofs, reckon
from arena.subjects import called, check_rated, one_game, opponents, won
from games.errors import ArenaError, BadSpec, UnknownName
from games.registry import Spec

if TYPE_CHECKING:  # what needs numpy is imported by the questions that do, as reading commands are quick
    from arena.analysis.sprt import Scale
    from arena.answers.absence import Absence
    from arena.answers.cyclic import Cyclic
    from arena.answers.fragile import Fragility
    from arena.answers.nash_average import NashAverage
    from arena.answers.prediction import Prediction
    from arena.answers.trained_response import TrainedResponse
    from arena.best_response import BestResponse
    from arena.compare import Compared, Progress
    from arena.store import Store
    from arena.tournament import Outcome
    from games.core import Game

_SHOWN = 3  # matches for each side of a ring
_LARGEST = 500  # checkpoints among which cycles are looked for: the work grows with their cube
_JOIN = "register it, and name it without --game: an exploiter is trained then, for a lower bound"


@dataclass(frozen=True)
class Analyst:
    """Asks a league; `League.analyze` makes one. Without a game the one that was played last is meant."""

    reading: Callable[[], Store]  # opens the league's file
    writing: Callable[[], Store]
    rules: Callable[[str], Game]  # of a game's spec

    def payoff(self, game: str | None = None, *, top: int = 12) -> PayoffMap:
        """Everybody's results against everybody; people are shown the best `top`."""
        with self.reading() as store:
            text = store.game_meant(game)
            known = store.payoffs(text)
            if store.game(text).flavour != "competitive":
                return PayoffMap(PayoffTable(known, by="mean"), top)
            return PayoffMap(PayoffTable(known, order=by_skill(store.standings(text).ratings)), top)

    def nash(self, game: str | None = None) -> NashAverage:
        """Who is needed when nobody may be favoured. Raises `BadConfig` where the game is not about winning."""
        from arena.answers.nash_average import NashAverage

        with self.reading() as store:
            text = won(store, game)
            model, standings, known = RATINGS.make("trueskill"), store.standings(text), store.payoffs(text)
            met = {row for row, _ in known}
            rated = [who for who in standings.ratings if who in met]
            entrants = store.entrants(text, retired=True)
            pool = Pool.gather(rated, entrants=entrants, ratings=standings.ratings, prior=model.prior)
            # As they were played: shrunk, twins would differ by their ratings, and one of them would be needed alone.
            rates = pool.win_rates(known, lambda one, other: expected(model, one, other, standings), k=0)
            guessed = sum(pair not in known for pair in combinations(rated, 2))
            return NashAverage.of(text, rated, rates, guessed=guessed)

    def cycles(self, game: str | None = None, *, top: int = 10) -> Cyclic:
        """Who beats whom in a ring, and whether that is more than luck. Raises `BadConfig` as `nash` does."""
        with self.reading() as store:
            return cyclic(store, won(store, game), top=top)

    def lineage(self, game: str | None = None) -> Family:
        """The family tree of a game's checkpoints, each with its rating at birth."""
        with self.reading() as store:
            text = store.game_meant(game)
            return Family.of(text, store.entrants(text, retired=True), store.checkpoints(text), store.rating_history(text))

    def crossplay(self, game: str | None = None) -> CrossPlay:
        """How teams fare with themselves and with strangers. Raises `BadConfig` where the game is not cooperative."""
        with self.reading() as store:
            text = store.game_meant(game)
            if store.game(text).flavour != "cooperative":
                raise BadConfig(f"{text} is not cooperative", hint="see what they earned: arena analyze payoff")
            return CrossPlay(PayoffTable(store.payoffs(text), by="mean"))

    def tournament(self, season: int | None = None) -> Outcome | None:
        """The Swiss table or the bracket of a season (the latest, by default); None where it played no tournament."""
        with self.reading() as store:
            rows = store.seasons() if season is None else [store.season(season)]
            if not rows or not _ends(str(rows[-1].settings.get("schedule", "round_robin"))):
                return None
            from arena.tournament import tournament

            return tournament(store, rows[-1])

    def predict(self, one: str, other: str) -> Prediction:
        """How 'alice@3' (or 'alice', newest) would fare against another, by both rating models.

        Raises `NotFound` for who has not been rated yet, `BadConfig`.
        """
        from arena.answers.prediction import Prediction

        with self.reading() as store:
            pair, text = opponents(store, one, other)
            won(store, text)
            standings = store.standings(text)
            for who in pair:
                check_rated(who, standings, text)
            return Prediction.of(
                text,
                pair,
                played=store.payoffs(text).get(pair, Payoff()),
                fit=FITS.make("davidson").fit(meetings(store, text)),
                model=RATINGS.make("trueskill"),
                standings=standings,
            )

    def whatif(self, *drop: str, every: bool = False) -> Absence:
        """The boards as if these agents ('alice', or one checkpoint, 'alice@3') had never played, beside the actual ones.

        Matches that they took part in are left out whole. Raises `NotFound` for who has not been rated, `BadConfig`.
        """
        from arena.answers.absence import Absence

        with self.reading() as store:
            absent = {name: called(store, name) for name in drop}
            text = one_game(store, [who for cast in absent.values() for who in cast])
            standings, davidson = store.standings(text), FITS.make("davidson")
            for name, cast in absent.items():
                if not any(who in standings.ratings for who in cast):
                    raise NotFound(f"{name} has not been rated yet", hint="without it nothing would change")
            without = {who for cast in absent.values() for who in cast}
            left = meetings(store, text, without=without)
            if not left.total:
                cure = "drop fewer, or somebody else" if len(drop) > 1 else "drop somebody else, or play on with others"
                raise BadConfig(f"without {', '.join(drop)} nobody has met anybody", hint=cure)
            fits = davidson.fit(meetings(store, text)), davidson.fit(left)
            agents = {entrant.name for entrant in store.entrants(text)}
            rows = shown([who for who in fits[0].meetings.cast if who not in without], agents, every=every)
            folds = standings, reckon(store, text, without=without)[0]
            return Absence.of(text, list(absent), rows, fits=fits, standings=folds)

    def fragility(self, game: str | None = None, *, place: int = 1, notify: Notify = unheard) -> Fragility:
        """The fewest matches without which this place of the official board and the next would swap.

        Raises `BadConfig` as `nash` does, `NotFound` where there are no such places.
        """
        from arena.answers.fragile import Fragility

        with self.reading() as store:
            text = won(store, game)
            agents = {entrant.name for entrant in store.entrants(text)}
            notify(0, 2, "reading what every match proves")
            found = proofs(store, text)
        notify(1, 2, "looking for the fewest results that decide")
        return Fragility.of(text, found, agents, place=place)

    def compare(
        self,
        one: str,
        other: str,
        *,
        elo0: float = 0.0,
        elo1: float = 10.0,
        scale: Scale = "normalised",
        max_games: int = 20_000,
        seed: int = 0,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Compared:
        """Whether 'alice@3' (or 'alice', newest) is stronger than another, by a sequential test on fresh mirrored pairs.

        They are neither recorded nor rated. Raises `NotFound`, `BadConfig`.
        """
        from arena.compare import compare, question
        from arena.exhibition import playing

        test = question(elo0, elo1, scale)
        with self.reading() as store:
            pair, text = opponents(store, one, other)
            for who in pair:
                playing(store.entrant(who.agent))
            return compare(
                self.rules(text),
                pair,
                weights=store.weights,
                test=test,
                max_games=max_games,
                seed=seed,
                on_progress=on_progress,
            )

    def exploitability(
        self,
        agent: str,
        *,
        game: str | None = None,
        budget: int | str | None = None,
        learner: str | None = None,
        games: int | None = None,
        notify: Notify = unheard,
    ) -> BestResponse | TrainedResponse:
        """What a best response wins from 'alice@3' or 'alice' (newest), or, with a game that no such agent plays, from any
        agent's spec.

        Exact where the game is small enough and the agent tells its probabilities. Elsewhere, and where a `budget` (80000
        decisions, '30s'), a `learner` or a number of `games` is given, a lower bound: a fresh learner (`ppo`, by default)
        trains against the agent, joins the league and plays it.

        Raises `NotExact` or `Untold` for a spec that cannot be judged exactly, `BadConfig` for a budget or a learner that
        will not do, and what making the learner raises; nothing is saved then.
        """
        from agents.errors import Untold
        from arena.best_response import respond
        from arena.exhibition import playing
        from games.tree import NotExact

        given = {"budget": budget, "learner": learner, "games": games}
        asked: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if game is not None and (elsewhere := self._game_of(agent)) != str(Spec.parse(game)):
            stranger = BadConfig(f"{agent} plays {elsewhere}, not {game}", hint="leave --game out")
            if asked and elsewhere is not None:
                raise stranger
            if asked:
                raise BadConfig("an exploiter trains only against who is in the league", hint=_JOIN)
            rules = self.rules(game)
            try:
                return respond(rules, agent, name=agent)
            except (NotExact, Untold) as error:
                partners = rules.spec.flavour == "cooperative"
                raise type(error)(error.cause, hint=error.hint if partners else _JOIN) from None
            except (BadSpec, UnknownName) as error:
                if elsewhere is None:
                    raise
                raise stranger from error
        with self.reading() as store:
            found = store.checkpoint(agent)
            text = playing(store.entrant(found.agent)).game
            stored = {found.weights: store.weights(found.weights)} if found.weights else {}
        rules, why = self.rules(text), ""
        if not asked:
            try:
                return respond(rules, found.spec, name=str(found), weights=stored.get(str(found.weights)))
            except (NotExact, Untold) as error:
                why = error.cause
        from arena.exploiter import Target, exploit

        target = Target(found, text, rules, stored)
        return exploit(target, reading=self.reading, writing=self.writing, notify=notify, why=why, **asked)

    def _game_of(self, name: str) -> str | None:
        """What 'alice@3' or 'alice' plays; None where nobody in the league is called so."""
        with suppress(NotFound, BadName), self.reading() as store:
            return store.entrant(store.checkpoint(name).agent).game
        return None


def cyclic(store: Store, game: str, *, top: int) -> Cyclic:
    """The cycles among the best of a game, at most `_LARGEST`, with `_SHOWN` matches for each side of a ring."""
    from arena.analysis.cycles import cycles_of
    from arena.answers.cyclic import Cyclic, Ring

    whole = PayoffTable(store.payoffs(game), order=by_skill(store.standings(game).ratings))
    table = whole.best(_LARGEST)
    found = cycles_of(table, most=top)
    rings = []
    for ring in found.triangles:
        one, two, three = (table.checkpoints[row] for row in ring.rows)
        sides = ((one, two), (two, three), (three, one))
        seen = tuple(tuple(store.meetings(*side, most=_SHOWN)) for side in sides)
        rings.append(Ring((one, two, three), ring.rates, ring.games, seen))
    left_out = len(whole.checkpoints) - len(table.checkpoints)
    return Cyclic(game, found, tuple(rings), left_out)


def _ends(schedule: str) -> bool:
    """Whether a schedule ends with a winner; one that cannot be had here any more tells nothing."""
    with suppress(ArenaError):
        return hasattr(MATCHMAKERS.find(Spec.parse(schedule)), "outcome")
    return False
