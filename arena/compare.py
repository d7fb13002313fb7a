"""Is A really better than B? Mirrored pairs are played until a sequential test has decided, neither recorded nor rated.

Pairs are counted one by one in their order, and the rest of a batch is dropped when the test stops. So a verdict depends on
the seed alone. A pair with a void match counts as nothing, a forfeit as a loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import fsum, isinf
from typing import Any

import numpy as np

from arena import torch_settings
from arena.analysis.estimate import Estimate, naive, unbiased
from arena.analysis.sprt import Scale, Sprt
from arena.errors import BadConfig
from arena.match import Checkpoint, Match, Result
from arena.matchmaking.schedule import sides_of
from arena.roster import Roster, WeightSource
from arena.runner import play
from games.chance import derive
from games.core import Game
from games.spec import GameSpec

_PAIRS = 64  # of a batch; a constant, since what shares a batch may change the last digits of a network's answer

OUTCOMES = ("LL", "LD", "LW or DD", "DW", "WW")


@dataclass(frozen=True)
class Progress:
    """How far a comparison is."""

    pairs: tuple[int, ...]  # counted by outcome, as in `arena.analysis.sprt`
    llr: float
    bounds: tuple[float, float]


@dataclass(frozen=True)
class Compared:
    """What a comparison came to."""

    game: str
    one: str
    other: str
    test: Sprt
    pairs: tuple[int, ...]
    games: int  # that were played, those of the last batch that were not needed left out
    spoiled: dict[str, int]  # of these, by ending

    @property
    def llr(self) -> float:
        return float(self.test.llr(self.pairs)) if sum(self.pairs) else 0.0

    @property
    def stronger(self) -> bool | None:
        """True where elo1 was accepted, False where elo0 was, None where the games ran out."""
        return self.test.verdict(self.llr)

    @property
    def estimate(self) -> Estimate:
        return unbiased(self.test, self.pairs)

    @property
    def score(self) -> float:
        """The mean score of the first; 1/2 before any pair."""
        total = sum(self.pairs)
        return float(np.arange(5) @ np.asarray(self.pairs)) / 4 / total if total else 0.5

    @property
    def verdict(self) -> str:
        """In words."""
        elo0, elo1 = f"{self.test.elo0:+g}", f"{self.test.elo1:+g}"
        if self.stronger:
            return f"{self.one} is stronger than {self.other}: {elo1} Elo is accepted against {elo0}"
        if self.stronger is False:
            return f"{self.one} is not shown to be stronger than {self.other}: {elo0} Elo is accepted against {elo1}"
        return f"undecided: {self.games:,} games do not tell {elo0} from {elo1} Elo; more may, with --max-games"

    def __str__(self) -> str:
        low, high = self.test.bounds
        rows = {
            f"{self.one} against {self.other}": f"{self.games:,} games of {self.game}",
            "verdict": self.verdict,
            "LLR": f"{self.llr:+.2f}, between {low:.2f} and {high:.2f} it goes on",
            "pairs": ", ".join(f"{name} {count}" for name, count in zip(OUTCOMES, self.pairs, strict=True)),
            "score": f"{100 * self.score:.1f}%",
            "elo": self._strength(),
            **{ending: str(count) for ending, count in self.spoiled.items()},
        }
        first, *others = rows.items()
        return "\n".join([f"{first[0]}: {first[1]}", *(f"{label:<9}{said}" for label, said in others)])

    def _strength(self) -> str:
        found = self.estimate
        if isinf(found.low) and isinf(found.high):
            return "unknown, since no pair counts"
        if isinf(found.elo):
            side, bound = ("least", found.low) if found.elo > 0 else ("most", found.high)
            return f"at {side} {bound:+.1f} at 95 % ({self.test.scale}); all pairs ended alike, so nothing else bounds it"
        rough = naive(self.pairs, self.test.scale)
        return (
            f"{found.elo:+.1f}, at 95 % between {found.low:+.1f} and {found.high:+.1f} "
            f"({self.test.scale}; median-unbiased, the naive {rough:+.1f} is bent by stopping)"
        )

    def as_json(self) -> dict[str, Any]:
        """Stable keys. `stronger` is null where it is undecided; what nothing bounds is infinite, as JSON null."""
        found, rough = self.estimate, naive(self.pairs, self.test.scale)
        return {
            "game": self.game,
            "lineup": [self.one, self.other],
            "stronger": self.stronger,
            "verdict": self.verdict,
            "elo0": self.test.elo0,
            "elo1": self.test.elo1,
            "scale": self.test.scale,
            "llr": self.llr,
            "bounds": list(self.test.bounds),
            "pairs": list(self.pairs),
            "games": self.games,
            "score": self.score,
            "estimate": {"elo": found.elo, "low": found.low, "high": found.high, "naive": rough},
            "spoiled": self.spoiled,
        }


class Interrupted(KeyboardInterrupt):
    """A comparison was broken off; `so_far` is what it had come to."""

    def __init__(self, so_far: Compared) -> None:
        super().__init__("a comparison was interrupted")
        self.so_far = so_far


def question(elo0: float, elo1: float, scale: Scale) -> Sprt:
    """A test at 5 %. Raises `BadConfig` unless elo0 is below elo1."""
    if not -1000 <= elo0 < elo1 <= 1000:
        raise BadConfig(
            f"expected elo0 below elo1, both from -1000 to 1000, got {elo0:g} and {elo1:g}", hint="try --elo0 0 --elo1 10"
        )
    return Sprt(elo0, elo1, scale=scale)


def demand_duel(game: GameSpec) -> tuple[int, ...]:
    """The side of each seat. Raises `BadConfig` where two do not compete."""
    sides = sides_of(game)
    if game.flavour != "competitive" or max(sides) != 1:
        raise BadConfig(
            f"a comparison needs a game that one of two sides wins; {game.name} is {game.flavour}, for {max(sides) + 1}",
            hint="compare means by a season: arena season run, then arena analyze payoff",
        )
    return sides


@torch_settings.fixed()
def compare(
    game: Game,
    lineup: tuple[Checkpoint, Checkpoint],
    *,
    weights: WeightSource,
    test: Sprt,
    max_games: int,
    seed: int,
    on_progress: Callable[[Progress], None] | None = None,
) -> Compared:
    """Plays until the test has decided, or until `max_games` are played.

    Raises `BadConfig` where two do not compete, and on Ctrl-C `Interrupted`, which tells how far it came.
    """
    sides = demand_duel(game.spec)
    pairs, played = [0] * 5, list[Result]()

    def come_to() -> Compared:
        endings = [str(result.ending) for result in played if result.ending.kind != "finished"]
        spoiled = {ending: endings.count(ending) for ending in sorted(set(endings))}
        one, other = map(str, lineup)
        return Compared(game.spec.name, one, other, test, tuple(pairs), len(played), spoiled)

    try:
        for couple in _couples(game, lineup, sides, weights=weights, most=max_games // 2, seed=seed):
            played += couple
            if (outcome := outcome_of(couple, sides)) is not None:
                pairs[outcome] += 1
                llr = float(test.llr(pairs))
                if on_progress is not None:
                    on_progress(Progress(tuple(pairs), llr, test.bounds))
                if test.verdict(llr) is not None:
                    break
    except KeyboardInterrupt:
        raise Interrupted(come_to()) from None
    return come_to()


def outcome_of(pair: Sequence[Result], sides: Sequence[int]) -> int | None:
    """What a mirrored pair came to for the one who began on side 0, as its place in `OUTCOMES`; None where it is void."""
    if any(result.void is not None for result in pair):
        return None
    points = 0
    for mine, result in enumerate(pair):
        earned = [[pay for pay, its in zip(result.returns, sides, strict=True) if its == side] for side in (0, 1)]
        means = [fsum(pays) / len(pays) for pays in earned]
        points += (means[mine] > means[1 - mine]) + (means[mine] >= means[1 - mine])
    return points


def _couples(
    game: Game,
    lineup: tuple[Checkpoint, Checkpoint],
    sides: Sequence[int],
    *,
    weights: WeightSource,
    most: int,
    seed: int,
) -> Iterator[Sequence[Result]]:
    """Mirrored pairs, played batch by batch as they are wanted."""
    roster = Roster(game.spec, weights)
    try:
        cast = roster.cast(set(lineup))
        for start in range(0, most, _PAIRS):
            matches = [
                Match(2 * pair + turn, derive(seed, pair), tuple(lineup[side ^ turn] for side in sides))
                for pair in range(start, min(most, start + _PAIRS))
                for turn in (0, 1)
            ]
            results = play(game, matches, cast).results
            yield from (results[place : place + 2] for place in range(0, len(results), 2))
    finally:
        roster.close()
