"""What a tournament came to: a Swiss table or a knockout's bracket, read again from a season's matches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from arena.fixtures import rated
from arena.match import Checkpoint
from arena.matchmaking import MATCHMAKERS
from arena.matchmaking.schedule import sides_of
from arena.matchmaking.stages import encounters
from arena.matchmaking.tournament import field
from arena.pool import Pool
from arena.ratings import RATINGS
from arena.ratings.model import Rating
from arena.rows import SeasonRow
from arena.settings import Settings
from arena.store import Store


class Outcome(Protocol):
    """A Swiss table or a bracket. It prints itself."""

    @property
    def winners(self) -> tuple[Checkpoint, ...]:
        """Who has won; several where nothing parts them, none where it is not over."""

    def as_json(self) -> dict[str, Any]:
        """Stable keys."""


def tournament(store: Store, row: SeasonRow) -> Outcome | None:
    """The latest round of a season that played a tournament; None for any other season, or before its first match."""
    settings = Settings(**{key: value for key, value in row.settings.items() if key in Settings.model_fields})
    maker = MATCHMAKERS.make(settings.schedule, games=settings.games)
    number = min(row.rounds, settings.rounds - 1)
    if not hasattr(maker, "outcome") or not row.matches:
        return None
    if (round := store.round(row.id, number)) is None or not round.recorded:
        number -= 1
    rules = store.game(row.game, row.version)
    sides = sides_of(rules)
    results = [one.result for one in store.results(row.game, season=row.id, round=number)]
    seeded = field(_pool(store, row, settings, number), schedule=settings.schedule)
    outcome: Outcome = maker.outcome(seeded, encounters(results, sides), seats=max(sides) + 1)
    return outcome


def _pool(store: Store, row: SeasonRow, settings: Settings, number: int) -> Pool:
    """Who was seeded in a round, by what was believed of them before it."""
    now = (row.id, number)
    rows = store.checkpoints(row.game)
    frozen = [one.checkpoint for one in rows if one.season is None or (one.season, one.round or 0) <= now]
    played = store.round(row.id, number)
    seeded = {one.agent for one in played.pool} if played is not None else set()  # without who was suspended
    names = [name for name in row.entrants if name in seeded]
    own = [one for one in frozen if one.agent in names]
    return Pool.gather(
        rated(own, names, settings.history),
        entrants=store.entrants(row.game, retired=True),
        ratings=_believed(store, row.game, now),
        prior=RATINGS.make("trueskill").prior,
    )


def _believed(store: Store, game: str, now: tuple[int, int]) -> Mapping[Checkpoint, Rating]:
    history = store.rating_history(game)
    return {one.checkpoint: Rating(one.mu, one.sigma) for one in history if (one.season, one.round) < now}
