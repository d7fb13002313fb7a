"""Who would win? What both rating models say of a match that need not have been played, and how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from arena.analysis.odds import Chance, Odds, Seat, by_fit, by_model
from arena.analysis.payoff import Z95, Payoff
from arena.match import Checkpoint
from arena.names import safe
from arena.ratings.batch import Fit
from arena.ratings.groups import groups, parts
from arena.ratings.model import Rating, RatingModel, Standings
from arena.tables import percent, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEVER_MET = "davidson cannot tell: neither they nor others between them ever met"
_COLOURS = ("#4575b4", "0.8", "#d73027")


@dataclass(frozen=True)
class Line:
    """What a model forecasts for one in a seat; in `either` over a mirrored pair, where each has the first seat once."""

    model: str
    seat: Seat
    chances: Odds


@dataclass(frozen=True)
class Prediction:
    """How one would fare against another. A model that cannot tell has no lines."""

    game: str
    one: Checkpoint
    other: Checkpoint
    played: Payoff  # of the one against the other, so far
    lead: Rating | None  # how far one is rated above the other by davidson, in points of Elo; None where it cannot tell
    side: Rating | None  # what the first seat is worth, likewise
    one_way: bool  # one side took all from the other, so that davidson's prior alone says how far apart they are
    lines: tuple[Line, ...]

    @classmethod
    def of(
        cls,
        game: str,
        pair: tuple[Checkpoint, Checkpoint],
        *,
        played: Payoff,
        fit: Fit,
        model: RatingModel,
        standings: Standings,
    ) -> Prediction:
        """From a fit and from standings that both have the pair."""
        one, other = pair
        ratings = standings.ratings
        lines = [Line("trueskill", "either", by_model(model, ratings[one], ratings[other], standings.counters))]
        met = any(one in group and other in group for group in groups(fit.meetings))
        if met:
            lines = [Line("davidson", seat, chances) for seat, chances in by_fit(fit, one, other).items()] + lines
        part = dict(zip(fit.meetings.cast, parts(fit.meetings), strict=True))
        return cls(
            game,
            one,
            other,
            played,
            lead=fit.lead(one, other) if met else None,
            side=fit.side if met else None,
            one_way=met and bool(part[one] != part[other]),
            lines=tuple(lines),
        )

    def rows(self) -> tuple[Sequence[str], list[Sequence[str]]]:
        headers = ["model", f"seat of {self.one}", "wins", "draws", "loses", "expected score"]
        return headers, [[line.model, line.seat, *map(_cell, _four(line.chances))] for line in self.lines]

    def __str__(self) -> str:
        return "\n".join([f"{safe(str(self.one))} against {safe(str(self.other))} at {safe(self.game)}", *self.notes()])

    def notes(self) -> list[str]:
        """What the numbers rest on, and which of them to take with care."""
        wins, draws, losses = self.played.wins, self.played.draws, self.played.losses
        met = (
            f"they met {plural(self.played.games, 'time')}: {wins}/{draws}/{losses}"
            if self.played.games
            else "they never met"
        )
        notes = [f"each with where it is at 95 % · {met}"]
        if self.lead is None:
            return [*notes, _NEVER_MET]
        worth = f", the first seat is worth {_points(self.side)}" if self.side else ""
        notes.append(f"davidson: a lead of {_points(self.lead)} points of Elo{worth}")
        if self.side:
            notes.append("either: over a mirrored pair, in which each sits first once; trueskill, as kept, rates no seats")
        if self.one_way:
            notes.append("one side took all from the other: only davidson's prior says how far apart they are")
        return notes

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""
        return {
            "schema": 1,
            "game": self.game,
            "one": str(self.one),
            "other": str(self.other),
            "played": {key: asdict(self.played)[key] for key in ("games", "wins", "draws", "losses")},
            "lead": asdict(self.lead) if self.lead else None,
            "side": asdict(self.side) if self.side else None,
            "never_met": self.lead is None,
            "one_way": self.one_way,
            "forecasts": [_told(line) for line in self.lines],
        }

    def draw(self, axes: Sequence[Axes]) -> None:
        """For each line a bar of wins, draws and losses, with the expected score on it."""
        for row, line in enumerate(self.lines):
            start = 0.0
            for chance, colour in zip(_four(line.chances), _COLOURS, strict=False):
                axes[0].barh(row, chance.value, left=start, color=colour)
                start += chance.value
            score = line.chances.score
            reach = [[score.value - score.low], [score.high - score.value]]
            axes[0].errorbar([score.value], [row], xerr=reach, fmt="o", color="black", capsize=4, markersize=4)
        axes[0].set_yticks(range(len(self.lines)), [f"{line.model}\n{line.seat} seat" for line in self.lines], fontsize=8)
        axes[0].invert_yaxis()
        axes[0].set_xlim(0, 1)
        axes[0].set_xlabel("wins, draws, losses; the dot is the expected score, with 95 %")
        axes[0].set_title(f"{safe(str(self.one))} against {safe(str(self.other))}", fontsize=9)


def _four(chances: Odds) -> tuple[Chance, Chance, Chance, Chance]:
    return chances.win, chances.draw, chances.loss, chances.score


def _cell(chance: Chance) -> str:
    return f"{percent(chance.value)} ({100 * chance.low:.0f} to {percent(chance.high)})"


def _points(rating: Rating) -> str:
    return f"{rating.mu:+.0f} ± {Z95 * rating.sigma:.0f}"


def _told(line: Line) -> dict[str, Any]:
    names = ("win", "draw", "loss", "score")
    chances = {name: chance._asdict() for name, chance in zip(names, _four(line.chances), strict=True)}
    return {"model": line.model, "seat": line.seat, **chances}
