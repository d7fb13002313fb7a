"""All about one agent: its checkpoints, their ratings, whom it trained against, and whom it descends from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arena.match import Checkpoint, Entrant
from arena.ratings.model import Rating
from arena.rows import CheckpointRow, DrawRow, TallyRow

if TYPE_CHECKING:
    from arena.store import Store


@dataclass(frozen=True)
class Profile:
    """Everything the league knows of an agent."""

    entrant: Entrant
    checkpoints: tuple[CheckpointRow, ...]
    ratings: Mapping[Checkpoint, Rating]
    tally: tuple[TallyRow, ...]  # what is known of those it trained against
    draws: tuple[DrawRow, ...]  # whom it met in the latest round in which it trained, and why
    metrics: Mapping[str, float | None] = field(default_factory=dict)  # what that training said of itself
    faults: int = 0  # forfeits among its last matches, where it is suspended for them

    @classmethod
    def of(cls, store: Store, name: str) -> Profile:
        """The profile of an agent. Raises `NotFound`."""
        entrant = store.entrant(name)
        rows = tuple(store.checkpoints(agent=entrant.name))
        mine = {row.checkpoint for row in rows}
        rated = {who: rating for who, rating in store.standings(entrant.game).ratings.items() if who in mine}
        faults = store.suspended(entrant.game).get(entrant.name, 0)
        drawn = tuple(store.draws(entrant.name))
        said = store.metrics(drawn[0].season, drawn[0].round).get(entrant.name, {}) if drawn else {}
        return cls(entrant, rows, rated, tuple(store.tally(entrant.name)), drawn, said, faults)


def lineage(store: Store, name: str) -> list[tuple[Entrant, list[CheckpointRow]]]:
    """An agent and those that it descends from, the oldest first, each with its checkpoints. Raises `NotFound`."""
    entrant = store.entrant(name)
    before = lineage(store, entrant.parent.partition("@")[0]) if entrant.parent else []
    return [*before, (entrant, store.checkpoints(agent=entrant.name))]
