"""Fixtures: the rated matches of a season's rounds, stage after stage, each by what the log says by then.

Most schedules have one stage. Tournaments and ladders see how a stage went before they propose the next. A round that is
to go on until sigmas are small enough, or for some time, repeats the others. All but the time is a pure function of the
log, so a season that was killed between two stages goes on as if it had not been.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from arena.errors import BadConfig
from arena.match import Checkpoint, Pairing
from arena.matchmaking import MATCHMAKERS
from arena.matchmaking.schedule import planned
from arena.matchmaking.stages import Staged
from arena.pool import Pool
from arena.ratings.fold import fold_round
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
_NONE, _NOBODY = Matches.of(()), Results.of(())
HOPELESS = 20  # matches that proved nothing, after which nobody waits for a checkpoint's sigma


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

    def more(self, number: int, cast: Sequence[Checkpoint], past: Results, *, spent: float) -> Matches:
        """The next stage of a round whose planned matches are all played, and came to `past`; none where it is over.

        `spent` is for how many seconds it has been played.
        """
        if not (self._staged or self.settings.prolonged):
            return _NONE
        before = self.store.standings(self.row.game)
        if self._tournament:
            return self._matches(number, self._proposed(number, self._pool(cast, before), past), past)
        now = fold_round(before, past, self._rules, self.model)
        pool = self._pool(cast, now)
        if self._over(pool, past, set(now.news(before)), spent):
            return _NONE
        return self._matches(number, self._proposed(number, pool, past), past)

    def _over(self, pool: Pool, past: Results, proved: set[Checkpoint], spent: float) -> bool:
        """Whether the round has gone on for long enough; never said of one that ends by itself."""
        settings = self.settings
        if not settings.prolonged:
            return False
        if len(past) >= ENOUGH or (settings.budget_seconds is not None and spent >= settings.budget_seconds):
            return True
        if settings.until_sigma is None:
            return False
        unsure = {one.checkpoint for one in pool if one.rating.sigma > settings.until_sigma}
        played = Counter(who for lineup in past.matches.lineups for who in set(lineup))
        hopeless = {who for who in unsure - proved if played[who] >= HOPELESS}
        if unsure and unsure == hopeless:
            names = ", ".join(sorted(map(str, hopeless)))
            log.warning("the round ends although the sigma of %s is too large: none of its matches proved anything", names)
        return unsure == hopeless

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
