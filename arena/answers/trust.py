"""Which model to trust: what each said of every match before it was played, held against what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from arena.names import safe
from arena.ratings.walk_forward import WalkForward, batched, margin
from arena.tables import percent, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BASE = "base rate"
FEWEST = 10  # forecasts, below which nobody is called better or worse


@dataclass(frozen=True)
class Record:
    """How one model did. Losses are in nats: a fair coin foretold as one costs 0.693. Intervals are at 95 %."""

    model: str
    loss: float  # mean -ln of the chance given to what came out
    margin: float | None  # its interval; None where there is but one match
    hits: float  # how often the likeliest outcome came out
    gain: float  # by how much less it loses than the base rate
    gain_margin: float | None
    behind: float  # by how much more it loses than the best; 0 of the best itself
    behind_margin: float | None

    @property
    def worse(self) -> bool:
        """Than the best, and by more than luck."""
        return self.behind_margin is not None and self.behind > self.behind_margin

    @property
    def knows(self) -> bool:
        """More than the base rate, and by more than luck."""
        return self.gain_margin is not None and self.gain > self.gain_margin


@dataclass(frozen=True)
class Trust:
    """The models, the best first; `str()` says whom to trust."""

    game: str
    walked: WalkForward
    warmup: int  # comparisons that were learned from before any forecast counts
    absent: dict[str, str]  # models that could not be asked, and the cure

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """None where no forecast counts."""
        if not self.walked.size:
            return ()
        losses = self.walked.losses
        best = min(losses, key=lambda model: float(losses[model].mean()))
        return tuple(self._record(model, best) for model in sorted(losses, key=lambda model: float(losses[model].mean())))

    def _record(self, model: str, best: str) -> Record:
        own = self.walked.losses[model]
        gained, behind = self.walked.losses[BASE] - own, own - self.walked.losses[best]
        return Record(
            model=model,
            loss=float(own.mean()),
            margin=margin(own),
            hits=float(self.walked.hits[model].mean()),
            gain=float(gained.mean()),
            gain_margin=margin(gained),
            behind=float(behind.mean()),
            behind_margin=margin(behind),
        )

    def rows(self) -> tuple[list[str], list[Sequence[str]]]:
        headers = ["model", "log-loss", "±", "behind the best", "gain on the base rate", "hits"]
        return headers, [
            [
                one.model,
                f"{one.loss:.4f}",
                "" if one.margin is None else f"{one.margin:.4f}",
                _interval(one.behind, one.behind_margin) if one.behind else "",
                _interval(one.gain, one.gain_margin) if one.model != BASE else "",
                percent(one.hits),
            ]
            for one in self.records
        ]

    def __str__(self) -> str:
        return "\n".join(safe(line) for line in [self._verdict(), *self._notes()])

    def _verdict(self) -> str:
        """Whom to trust."""
        if not self.records:
            if self.walked.untold:
                return f"{self.game} is played by teams of several, whose matches no model foretells here"
            return f"too few matches of {self.game} to tell: play more of them, or --warmup 0"
        if self.walked.size < FEWEST:
            return f"{plural(self.walked.size, 'forecast')} of {self.game} cannot tell: play more matches, or --warmup 0"
        models = [one for one in self.records if one.model != BASE]
        if not any(one.knows for one in models):
            return "no model foretells matches better than the base rate by more than luck: trust none of them yet"
        best, close = self.records[0].model, [one.model for one in models[1:] if not one.worse]
        if close:
            return f"trust {best}, or {' or '.join(close)}, which is not behind by more than luck"
        return f"trust {best}: it foretold best, by more than luck"

    def _notes(self) -> list[str]:
        walked = self.walked
        notes = [
            f"{self.game} · {plural(walked.size, 'forecast')}, each made before its match; the first {self.warmup:,} were"
            " only learned from · log-loss in nats, less is better · ± 95 %"
        ] * bool(self.records)
        if walked.untold and self.records:
            notes.append(f"{walked.untold:,} comparisons of teams of several were learned from and not foretold")
        return notes + [f"not asked: {model}: {why}" for model, why in self.absent.items()]

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""
        return {
            "schema": 1,
            "game": self.game,
            "forecasts": self.walked.size,
            "warmup": self.warmup,
            "untold": self.walked.untold,
            "verdict": self._verdict(),
            "models": [{**asdict(one), "worse": one.worse, "knows": one.knows} for one in self.records],
            "absent": dict(self.absent),
        }

    def draw(self, axes: Sequence[Axes]) -> None:
        """By how much each model gained on the base rate, over time."""
        for one in self.records:
            if one.model != BASE:
                gained = batched(self.walked.losses[BASE] - self.walked.losses[one.model])
                share = [(place + 0.5) / len(gained) * self.walked.size + self.warmup for place in range(len(gained))]
                axes[0].plot(share, gained, label=safe(one.model))
        axes[0].axhline(0, color="k", linestyle=":")
        axes[0].set(xlabel="comparison", ylabel="gain on the base rate, nats")
        axes[0].legend()


def _interval(value: float, margin: float | None) -> str:
    return f"{value:+.4f}" + ("" if margin is None else f" ± {margin:.4f}")
