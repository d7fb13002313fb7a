"""Fixtures: the rated matches of a season's rounds, stage after stage, each by what the log says by then.

Most schedules have one stage. Tournaments and ladders see how a stage went before they propose the next. A round that is
to go on until sigmas are small enough, or for some time, repeats the others. All but the time is a pure function of the
log, so a season that was killed between two stages goes on as if it had not been.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from arena.course import Course
from arena.errors import BadConfig
from arena.match import Checkpoint, Pairing
from arena.matchmaking import MATCHMAKERS
from arena.matchmaking.schedule import planned
from arena.matchmaking.stages import Staged
from arena.pool import Member, Pool
from arena.ratings.model import RatingModel, Standings
from arena.rows import SeasonRow
from arena.series import Matches, Results
from arena.settings import Settings
from arena.store import Store
from games.chance import bits, derive
from games.spec import GameSpec

log = logging.getLogger(__name__)
RATED = 2  # the kind of match seeds, below a round's; see `arena.assignment`
ENOUGH = 100_000  # matches of a round, which no sigma and no budget prolongs
_NAMED = 5  # of those whom a round did not wait for
_NONE, _NOBODY = Matches.of(()), Results.of(())


@dataclass(frozen=True)
class Fixtures:
    """The rated matches of a season."""

    store: Store
    row: SeasonRow
    settings: Settings
    model: RatingModel

    def first(self, number: int, cast: Sequence[Checkpoint]) -> Matches:
        """A round's first stage, by the ratings of the round before."""
        standings = self.store.standings(self.row.game)
        return self._matches(number, self._proposed(number, self._pool(cast, standings), _NOBODY), _NOBODY)

    def course(self) -> Course:
        """Of a round that has just begun, or goes on after a break: either way it is yet to follow the log."""
        return Course(self.store.standings(self.row.game), self._rules, self.model)

    def more(self, number: int, cast: Sequence[Checkpoint], past: Results, *, course: Course, spent: float) -> Matches:
        """The next stage of a round whose planned matches are all played, and came to `past`; none where it is over.

        `spent` is for how many seconds it has been played.
        """
        if not (self._staged or self.settings.prolonged):
            return _NONE
        if self._tournament:
            return self._matches(number, self._proposed(number, self._pool(cast, course.before), past), past)
        course.follow(past)
        pool = self._pool(cast, course.now)
        if self._over(pool, course, played=len(past), spent=spent):
            return _NONE
        return self._matches(number, self._proposed(number, pool, past), past)

    def _over(self, pool: Pool, course: Course, *, played: int, spent: float) -> bool:
        """Whether the round has gone on for long enough; never said of one that ends by itself."""
        settings, aim = self.settings, self.settings.until_sigma
        if not settings.prolonged:
            return False
        if settings.budget_seconds is not None and spent >= settings.budget_seconds:
            return True
        unsure = [one for one in pool if aim is not None and one.rating.sigma > aim]
        if aim is not None and not unsure:
            return True
        if played >= ENOUGH:
            still = f"although the sigma of {_named(unsure)} is above {aim:g}" if unsure else "before its time is over"
            log.warning(
                "the round ends after %s matches %s, as every one does after %s", f"{played:,}", still, f"{ENOUGH:,}"
            )
            return True
        if unsure and all(course.hopeless(one.checkpoint) for one in unsure):
            log.warning(
                "the round ends although the sigma of %s is above %g: more matches would hardly lower it,"
                " as where they prove nothing or one side wins all",
                _named(unsure),
                aim,
            )
            return True
        return False

    def _proposed(self, number: int, pool: Pool, past: Results) -> list[Pairing]:
        seed = derive(self.row.seed, self.row.id, number, RATED)
        return propose(pool, self._rules, self.settings, seed=seed, past=past)

    def _matches(self, number: int, pairings: Sequence[Pairing], past: Results) -> Matches:
        """Pairings with their places in the season and the seeds of their deals."""
        deals = torch.tensor([pairing.deal for pairing in pairings], dtype=torch.int64)
        seeds = bits(torch.full_like(deals, self.row.seed), self.row.id, number, RATED, deals)  # what `derive` says of each
        first = past.matches.ordinals[0] + len(past) if past else self.store.season(self.row.id).matches
        ordinals = range(first, first + len(pairings))
        return Matches(ordinals, seeds.tolist(), [pairing.lineup for pairing in pairings])

    def _pool(self, cast: Sequence[Checkpoint], standings: Standings) -> Pool:
        entrants = self.store.entrants(self.row.game, retired=True)
        return Pool.gather(cast, entrants=entrants, ratings=standings.ratings, prior=self.model.prior)

    @cached_property
    def _rules(self) -> GameSpec:
        return self.store.game(self.row.game)

    @cached_property
    def _staged(self) -> bool:
        return isinstance(MATCHMAKERS.make(self.settings.schedule), Staged)

    @cached_property
    def _tournament(self) -> bool:
        return is_tournament(self.settings)


def _named(unsure: Iterable[Member]) -> str:
    """The most uncertain, each with its sigma."""
    worst = sorted(unsure, key=lambda one: -one.rating.sigma)
    names = [f"{one.checkpoint} ({one.rating.sigma:.2f})" for one in worst[:_NAMED]]
    return ", ".join(names) + (f" and {len(worst) - _NAMED} more" if len(worst) > _NAMED else "")


def propose(pool: Pool, game: GameSpec, settings: Settings, *, seed: int, past: Results | None = None) -> list[Pairing]:
    """What the settings' schedule makes of a pool; its own text may say another number of games than the settings."""
    return planned(
        settings.schedule,
        pool,
        games=settings.games,
        rules=game,
        seed=seed,
        past=past or (),
        endless=settings.prolonged,
    )


def is_tournament(settings: Settings) -> bool:
    """Whether the schedule ends by itself, with a winner."""
    return bool(getattr(MATCHMAKERS.make(settings.schedule), "tournament", False))


def demand_end(settings: Settings) -> None:
    """Raises `BadConfig` where settings would prolong a tournament, and what `MATCHMAKERS.make` raises."""
    if is_tournament(settings) and settings.prolonged:
        raise BadConfig(
            f"{settings.schedule} ends by itself, so there is nothing that until_sigma or budget could end",
            hint="leave them out, or choose the schedule ladder",
        )


def rated(frozen: Sequence[Checkpoint], entrants: Sequence[str], history: int) -> list[Checkpoint]:
    """Who plays rated matches: everybody's newest checkpoint, and `history` older ones of each learner, the first
    among them and the others evenly spread, so that progress is measured against the past."""
    chosen: set[Checkpoint] = set()
    for name in entrants:
        own = [checkpoint for checkpoint in frozen if checkpoint.agent == name]
        chosen |= {own[-1], *spread(own[:-1], history)}
    return [checkpoint for checkpoint in frozen if checkpoint in chosen]


def spread(items: Sequence[Checkpoint], count: int) -> list[Checkpoint]:
    """`count` of the items, evenly spread from the first on; all of them where there are fewer."""
    if count >= len(items):
        return list(items)
    return [items[place * len(items) // count] for place in range(count)]
