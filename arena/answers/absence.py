"""What if somebody had never played? The board without the matches of those dropped, beside the actual one.

Each board has a scale of its own: Davidson's mean is that of all, and TrueSkill's newcomers all begin at one mu, so whoever
is dropped takes something along that the others then share. A change is told beyond that: over those that both boards
have, changes sum to nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import fsum
from typing import TYPE_CHECKING, Any

from arena.match import Checkpoint
from arena.names import safe
from arena.ratings.batch import Fit
from arena.ratings.groups import groups
from arena.ratings.model import Standings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DIGITS = 6  # of a rating; who is equal in them is level


@dataclass(frozen=True)
class Move:
    """Where one is on the actual board and on the other, by one model; ranks are among those that both boards have, and
    those who are level share theirs."""

    rating: float
    rank: int
    new_rating: float
    new_rank: int
    change: float  # of the rating, beyond what it is on average


@dataclass(frozen=True)
class Moved:
    """A checkpoint that both boards have."""

    checkpoint: Checkpoint
    davidson: Move  # in points of Elo
    trueskill: Move  # in points of skill, mu - 3 sigma


@dataclass(frozen=True)
class Absence:
    """Who moves by how much; in the order of the new board by Davidson."""

    game: str
    dropped: tuple[str, ...]  # an agent, or one checkpoint of it
    comparisons: int  # on the actual board
    left: int  # on the new one
    moved: tuple[Moved, ...]
    gone: tuple[Checkpoint, ...]  # who met nobody but those dropped, and so is on no board
    groups: tuple[int, int]  # how many groups that never met there are, and would be

    @classmethod
    def of(
        cls,
        game: str,
        dropped: Sequence[str],
        shown: Sequence[Checkpoint],
        *,
        fits: tuple[Fit, Fit],
        standings: tuple[Standings, Standings],
    ) -> Absence:
        """From the fit and the standings of all, and those without the dropped. `shown` are the rows of a board of all."""
        both = [who for who in shown if who in fits[1] and all(who in one.ratings for one in standings)]
        points = _moves(*({who: fit.rating(who).mu for who in both} for fit in fits))
        skills = _moves(*({who: one.ratings[who].exposure for who in both} for one in standings))
        return cls(
            game,
            tuple(dropped),
            fits[0].meetings.total,
            fits[1].meetings.total,
            tuple(
                Moved(who, points[who], skills[who])
                for who in sorted(both, key=lambda who: (points[who].new_rank, str(who)))
            ),
            gone=tuple(who for who in shown if who not in both),
            groups=(len(groups(fits[0].meetings)), len(groups(fits[1].meetings))),
        )

    def rows(self) -> tuple[Sequence[str], list[Sequence[str]]]:
        headers = ["agent", "#", "davidson", "without", "change", "#", "trueskill", "without", "change"]
        return headers, [[str(one.checkpoint), *_cells(one.davidson, 0), *_cells(one.trueskill, 1)] for one in self.moved]

    def __str__(self) -> str:
        names = ", ".join(map(safe, self.dropped))
        lost = self.comparisons - self.left
        lines = [
            f"without {names}: {lost:,} of {self.comparisons:,} comparisons fewer · {self.passed()}",
            "ranks are among those that both boards have, changes beyond what all moved together",
        ]
        if self.gone:
            lines.append(f"met nobody else, and so has no place: {', '.join(safe(str(who)) for who in self.gone)}")
        if self.groups[1] > 1:
            lines.append(f"those that are left are {self.groups[1]} groups that never met: the order of groups is a guess")
        return "\n".join(lines)

    def passed(self) -> str:
        """Whose order would be another, in words."""
        davidson, trueskill = _passed(one.davidson for one in self.moved), _passed(one.trueskill for one in self.moved)
        told = [f"{moved:,} by {model}" for model, moved in (("davidson", davidson), ("trueskill", trueskill)) if moved]
        return f"{' and '.join(told)} would change places" if told else "nobody would change places"

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""
        return {
            "schema": 1,
            "game": self.game,
            "dropped": list(self.dropped),
            "comparisons": self.comparisons,
            "comparisons_left": self.left,
            "groups": self.groups[0],
            "groups_left": self.groups[1],
            "gone": [str(who) for who in self.gone],
            "places": [
                {
                    "checkpoint": str(one.checkpoint),
                    "davidson": asdict(one.davidson),
                    "trueskill": asdict(one.trueskill),
                }
                for one in self.moved
            ],
        }

    def draw(self, axes: Sequence[Axes]) -> None:
        """Each change of a Davidson rating as a bar, in the order of the new board."""
        changes = [one.davidson.change for one in self.moved]
        axes[0].barh(range(len(changes)), changes, color=["#4575b4" if change >= 0 else "#d73027" for change in changes])
        axes[0].set_yticks(range(len(changes)), [_named(one) for one in self.moved], fontsize=7)
        axes[0].invert_yaxis()
        axes[0].axvline(0, color="0.3", linewidth=1)
        axes[0].set_xlabel("change of the davidson rating, in points of Elo")
        axes[0].set_title(f"without {', '.join(map(safe, self.dropped))}", fontsize=9)


def _moves(before: Mapping[Checkpoint, float], after: Mapping[Checkpoint, float]) -> dict[Checkpoint, Move]:
    """Of the same checkpoints, from their ratings on both boards."""
    ranks, new_ranks = _ranks(list(before.values())), _ranks(list(after.values()))
    together = fsum(after[who] - before[who] for who in before) / max(1, len(before))
    return {
        who: Move(before[who], rank.start, after[who], new_rank.start, after[who] - before[who] - together)
        for who, rank, new_rank in zip(before, ranks, new_ranks, strict=True)
    }


def _ranks(ratings: Sequence[float]) -> list[range]:
    """For each the ranks that it shares with those of its rating."""
    rounded = [round(rating, _DIGITS) for rating in ratings]
    ordered, sharing = sorted(rounded, reverse=True), Counter(rounded)
    firsts = {rating: place for place, rating in reversed(list(enumerate(ordered, 1)))}
    return [range(firsts[rating], firsts[rating] + sharing[rating]) for rating in rounded]


def _passed(moves: Iterable[Move]) -> int:
    """How many have come to another place; who was level with somebody, and now is before or behind, has passed nobody."""
    listed = list(moves)
    before, after = _ranks([one.rating for one in listed]), _ranks([one.new_rating for one in listed])
    return sum(old.stop <= new.start or new.stop <= old.start for old, new in zip(before, after, strict=True))


def _cells(move: Move, digits: int) -> list[str]:
    ranks = str(move.rank) if move.rank == move.new_rank else f"{move.rank} → {move.new_rank}"
    change = round(move.change, digits) + 0.0  # no zero below zero
    return [ranks, f"{move.rating:.{digits}f}", f"{move.new_rating:.{digits}f}", f"{change:+.{digits}f}"]


def _named(one: Moved) -> str:
    move = one.davidson
    ranks = f"  {move.rank} → {move.new_rank}" if move.rank != move.new_rank else ""
    return f"{safe(str(one.checkpoint))}{ranks}"
