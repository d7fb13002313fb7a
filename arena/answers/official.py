"""The official board: everybody by a batch fit of the whole log, which no order of matches can change.

It says what a fold cannot: which ranks each may have, how probable it is that a place is better than the next, and where
only a prior tells the order, since some won all, lost all, or never met the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import exp, fsum, log
from typing import TYPE_CHECKING, Any

from arena.analysis.payoff import Z95, PayoffTable
from arena.leaderboard import ring_warning
from arena.match import Checkpoint, Entrant
from arena.names import safe
from arena.ranks import separation, shown
from arena.ratings.batch import Fit, surely
from arena.ratings.groups import groups, perfect
from arena.tables import percent, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = 20  # perfect records that are told by name


@dataclass(frozen=True)
class OfficialPlace:
    """One line of the board. Ratings are points of Elo's scale: 400 are odds of 10 to 1; the mean of all is 1500."""

    rank: int
    best_rank: int  # nobody above it is better for sure, at 95 %
    worst_rank: int
    agent: str
    checkpoint: str
    role: str
    retired: bool
    rating: float
    error: float  # the standard error of its distance to the mean
    low: float  # the 95 % interval
    high: float
    above_next: float | None  # how probable it is that it is better than the next place; None for the last
    separate: bool  # at 95 % from the next place
    matches: int
    wins: int
    draws: int
    losses: int
    forfeits: int
    opponents: int
    diversity: float  # how many opponents that were met alike often would be as diverse
    worst: str | None  # the opponent it does worst against
    worst_score: float | None
    group: int  # the number of its group, 1 the largest; other groups it has never met
    record: str | None  # 'won all' or 'lost all'


@dataclass(frozen=True)
class OfficialBoard:
    """Places in order, the best first, and what the fit says of seats and draws."""

    game: str
    model: str
    comparisons: int
    side: float | None  # what the first seat is worth, in points; None where no match tells
    side_error: float | None
    draws: float  # how often equals draw
    noise: float  # of the errors, as a share of them: 0 where they are exact
    groups: tuple[tuple[str, ...], ...]  # who is connected by matches, the largest group first
    places: tuple[OfficialPlace, ...]
    cyclic: float | None = None  # the share of what is won that no skill explains, where rings are more than luck

    @classmethod
    def of(
        cls,
        game: str,
        fit: Fit,
        *,
        model: str,
        entrants: Iterable[Entrant],
        payoffs: PayoffTable,
        faults: Mapping[Checkpoint, int],
        every: bool = False,
        cyclic: float | None = None,
    ) -> OfficialBoard:
        """The board of the entrants: of each the newest checkpoint that was compared, or, with `every`, all of them."""
        by_name = {entrant.name: entrant for entrant in entrants}
        ordered = in_order(fit, shown(fit.meetings.cast, by_name, every=every))
        whole = groups(fit.meetings)
        view = _View(fit, by_name, payoffs, faults, {who: number for number, group in enumerate(whole, 1) for who in group})
        side = fit.side
        return cls(
            game=game,
            model=model,
            comparisons=fit.meetings.total,
            side=side.mu if side else None,
            side_error=side.sigma if side else None,
            draws=fit.draws,
            noise=fit.noise,
            groups=tuple(tuple(sorted(map(str, group))) for group in whole),
            places=tuple(view.places(ordered)),
            cyclic=cyclic,
        )

    def best(self, count: int | None) -> OfficialBoard:
        """Only so many of its places."""
        return replace(self, places=self.places[:count])

    def rows(self) -> tuple[list[str], list[Sequence[str]]]:
        headers = ["#", "agent", "rating", "95 %", "ranks", "> next", "matches", "W/D/L", "opponents", "worst"]
        return headers, [_cells(place) for place in self.places]

    def __str__(self) -> str:
        headers, rows = self.rows()
        if not rows:
            return f"nobody is rated at {self.game} yet"
        right = [column for column, name in enumerate(headers) if name in ("#", "rating", "> next", "matches")]
        return "\n".join([table(headers, rows, right=right), *self.legend()])

    def legend(self) -> list[str]:
        """What the numbers mean, and which of them to take with care."""
        worth = None if self.side is None else f"{self.side:+.0f} ± {Z95 * (self.side_error or 0):.0f}"
        side = f" · the first seat is worth {worth}" if worth else ""
        scale = f"{self.model}: the mean is 1500, 400 points are odds of 10 to 1{side} · equals draw {percent(self.draws)}"
        lines = [f"{scale} · {self.comparisons:,} comparisons", separation(self.places)]
        if self.noise:
            lines.append(f"the errors of so many are drawn, not computed: each is known to {percent(self.noise)}")
        if unbeaten := [f"{place.checkpoint} {place.record}" for place in self.places if place.record]:
            lines.append(f"only the model's prior says by how much: {_some(unbeaten, _NAMED)}")
        if len(self.groups) > 1:
            told = " | ".join(_some(group) for group in self.groups)
            lines.append(f"{len(self.groups)} groups that never met, whose order among each other is a guess: {told}")
        if self.cyclic is not None:
            lines.append(ring_warning(self.game, self.cyclic))
        return [safe(line) for line in lines]

    def as_json(self) -> dict[str, Any]:
        return {"schema": 1, **asdict(self)} | {"places": [asdict(place) for place in self.places]}

    def draw(self, axes: Sequence[Axes]) -> None:
        """Each rating with its interval, the best on top."""
        names = [safe(place.checkpoint) for place in self.places][::-1]
        ratings = [place.rating for place in self.places][::-1]
        bars = [Z95 * place.error for place in self.places][::-1]
        axes[0].errorbar(ratings, range(len(names)), xerr=bars, fmt="o", capsize=3)
        axes[0].set_yticks(range(len(names)), names)
        axes[0].set_xlabel("rating ± 95 %")


def in_order(fit: Fit, rated: Iterable[Checkpoint]) -> list[Checkpoint]:
    """The best first; equals by name."""
    return sorted(rated, key=lambda who: (-fit.rating(who).mu, str(who)))


@dataclass(frozen=True)
class _View:
    fit: Fit
    entrants: Mapping[str, Entrant]
    payoffs: PayoffTable
    faults: Mapping[Checkpoint, int]
    group: Mapping[Checkpoint, int]

    def places(self, shown: Sequence[Checkpoint]) -> Iterable[OfficialPlace]:
        above, below = self.fit.ranks(shown, sure=Z95)
        records = perfect(self.fit.meetings)
        for row, who in enumerate(shown):
            entrant, rating, record = self.entrants[who.agent], self.fit.rating(who), self.payoffs.record(who)
            worst, met = self.payoffs.worst(who), self.payoffs.opponents(who)
            after = self.fit.lead(who, shown[row + 1]) if row + 1 < len(shown) else None
            yield OfficialPlace(
                rank=row + 1,
                best_rank=1 + int(above[row]),
                worst_rank=len(shown) - int(below[row]),
                agent=who.agent,
                checkpoint=str(who),
                role=entrant.role,
                retired=entrant.retired,
                rating=rating.mu,
                error=rating.sigma,
                low=rating.mu - Z95 * rating.sigma,
                high=rating.mu + Z95 * rating.sigma,
                above_next=surely(after) if after else None,
                separate=after is None or after.mu > Z95 * after.sigma,
                matches=record.games,
                wins=record.wins,
                draws=record.draws,
                losses=record.losses,
                forfeits=self.faults.get(who, 0),
                opponents=len(met),
                diversity=_diversity(list(met.values())),
                worst=str(worst[0]) if worst else None,
                worst_score=worst[1] if worst else None,
                group=self.group[who],
                record=records.get(who),
            )


def _diversity(games: Sequence[int]) -> float:
    """Of how many equal parts the entropy would be the same (Hill's number of order 1, "Diversity and evenness", 1973)."""
    whole = sum(games)
    return exp(-fsum(count / whole * log(count / whole) for count in games if count)) if whole else 0.0


def _cells(place: OfficialPlace) -> list[str]:
    marks = " ⚓" * (place.role == "anchor") + " (retired)" * place.retired + f" ({place.record})" * bool(place.record)
    group = f" [group {place.group}]" if place.group > 1 else ""
    forfeits = f" ({place.forfeits} forfeit{'s' * (place.forfeits > 1)})" if place.forfeits else ""
    ranks = str(place.rank) if place.best_rank == place.worst_rank else f"{place.best_rank}-{place.worst_rank}"
    return [
        str(place.rank),
        f"{place.checkpoint}{marks}{group}",
        f"{place.rating:.0f}",
        f"{place.low:.0f} to {place.high:.0f}",
        ranks,
        percent(place.above_next),
        f"{place.matches:,}",
        f"{place.wins}/{place.draws}/{place.losses}{forfeits}",
        f"{place.opponents} ({place.diversity:.1f})",
        f"{percent(place.worst_score)} {place.worst}" if place.worst else "",
    ]


def _some(names: Sequence[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
