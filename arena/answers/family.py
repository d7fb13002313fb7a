"""The family tree: which checkpoint descends from which, and how good each was when it was born."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arena.match import Checkpoint, Entrant
from arena.names import safe
from arena.ratings.model import Rating
from arena.rows import CheckpointRow, RatingRow, nth
from arena.tables import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Birth:
    """A checkpoint in its family."""

    row: CheckpointRow
    parent: Checkpoint | None  # its agent's checkpoint before it, or the one that its agent descends from
    depth: int  # how many agents there are between it and the first of its family
    rating: Rating | None  # at the end of the first round in which it proved something

    @property
    def checkpoint(self) -> Checkpoint:
        return self.row.checkpoint


@dataclass(frozen=True)
class Family:
    """Births in the order of the tree: an agent's checkpoints one after another, then the agents that descend from it."""

    game: str
    births: tuple[Birth, ...]

    @classmethod
    def of(
        cls, game: str, entrants: Iterable[Entrant], rows: Iterable[CheckpointRow], history: Iterable[RatingRow]
    ) -> Family:
        """The tree of a game's agents; `rows` are their checkpoints, oldest first, `history` their ratings by round."""
        own: dict[str, list[CheckpointRow]] = {}
        for row in rows:
            own.setdefault(row.checkpoint.agent, []).append(row)
        first: dict[Checkpoint, Rating] = {}
        for told in history:
            first.setdefault(told.checkpoint, Rating(told.mu, told.sigma))
        by_name = {str(row.checkpoint): row.checkpoint for line in own.values() for row in line}
        children: dict[str | None, list[Entrant]] = {}
        for entrant in entrants:
            parent = entrant.parent if entrant.parent in by_name else None
            children.setdefault(parent.partition("@")[0] if parent else None, []).append(entrant)
        return cls(game, tuple(_births(children, own, by_name, first, ancestor=None, depth=0)))

    def rows(self) -> tuple[list[str], list[Sequence[str]]]:
        return ["checkpoint", "from", "born", "steps", "skill at birth", "mu ± 2σ"], [_cells(one) for one in self.births]

    def __str__(self) -> str:
        agents = {one.checkpoint.agent for one in self.births}
        lines = sum(one.parent is None for one in self.births)
        who = f"{plural(len(self.births), 'checkpoint')} of {plural(len(agents), 'agent')}"
        return f"{who} in {plural(lines, 'family', 'families')}"

    def as_json(self) -> dict[str, Any]:
        return {"schema": 1, "game": self.game, "checkpoints": [_told(one) for one in self.births]}

    def draw(self, axes: Sequence[Axes]) -> None:
        """Rating at birth against the order of birth, a line from each checkpoint to those that descend from it."""
        place = {one.checkpoint: one for one in self.births if one.rating}
        for one in place.values():
            assert one.rating
            if one.parent in place and (before := place[one.parent].rating):
                orders = (place[one.parent].row.born_order, one.row.born_order)
                axes[0].plot(orders, (before.mu, one.rating.mu), color="0.6", linewidth=1)
        for agent in dict.fromkeys(who.agent for who in place):
            own = [one for who, one in place.items() if who.agent == agent]
            born, known = [one.row.born_order for one in own], [one.rating for one in own if one.rating]
            mus, bars = [rating.mu for rating in known], [2 * rating.sigma for rating in known]
            axes[0].errorbar(born, mus, yerr=bars, fmt="o", markersize=3, capsize=2, label=safe(agent))
        axes[0].set_xlabel("order of birth")
        axes[0].set_ylabel("mu ± 2σ at birth")
        if place:
            axes[0].legend(fontsize=7)


def _births(
    children: Mapping[str | None, Sequence[Entrant]],
    own: Mapping[str, Sequence[CheckpointRow]],
    by_name: Mapping[str, Checkpoint],
    first: Mapping[Checkpoint, Rating],
    *,
    ancestor: str | None,
    depth: int,
) -> Iterable[Birth]:
    for entrant in children.get(ancestor, ()):
        before = by_name.get(entrant.parent or "")
        for row in own.get(entrant.name, ()):
            yield Birth(row, before, depth, first.get(row.checkpoint))
            before = row.checkpoint
        yield from _births(children, own, by_name, first, ancestor=entrant.name, depth=depth + 1)


def _cells(one: Birth) -> list[str]:
    born = "registered" if one.row.season is None else f"season {one.row.season}, round {nth(one.row.round or 0)}"
    rating = ("", "") if one.rating is None else (f"{one.rating.exposure:.1f}", _interval(one.rating))
    name = f"{'   ' * one.depth}{'└─ ' * (one.depth > 0)}{one.checkpoint}"
    return [name, str(one.parent or ""), born, f"{one.row.steps:,}", *rating]


def _interval(rating: Rating) -> str:
    return f"{rating.mu:.1f} ± {2 * rating.sigma:.1f}"


def _told(one: Birth) -> dict[str, Any]:
    return {
        "checkpoint": str(one.checkpoint),
        "parent": str(one.parent) if one.parent else None,
        "season": one.row.season,
        "round": None if one.row.round is None else nth(one.row.round),
        "steps": one.row.steps,
        "mu": one.rating.mu if one.rating else None,
        "sigma": one.rating.sigma if one.rating else None,
    }
