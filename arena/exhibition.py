"""Exhibition matches: who beats whom, right now, without touching the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from arena import torch_settings
from arena.analysis.payoff import Z95
from arena.errors import BadConfig
from arena.match import Checkpoint, Match, Result
from arena.roster import Roster, WeightSource
from arena.runner import play
from games.chance import derive
from games.core import Game

_CHUNK = 256


@dataclass(frozen=True)
class Exhibition:
    """What came of the matches, told from the first of the lineup against the others."""

    game: str
    lineup: tuple[str, ...]
    results: tuple[Result, ...]

    @property
    def margins(self) -> list[float]:
        """What the first earned above the best of the others, match by match; void matches left out."""
        margins = []
        for place, result in enumerate(self.results):
            if result.void is None:
                seat = -place % len(self.lineup)  # the lineup was rotated by `place`
                others = [earned for other, earned in enumerate(result.returns) if other != seat]
                margins.append(result.returns[seat] - max(others))
        return margins

    @property
    def record(self) -> tuple[int, int, int]:
        """Wins, draws and losses of the first."""
        margins = self.margins
        return sum(m > 0 for m in margins), sum(m == 0 for m in margins), sum(m < 0 for m in margins)

    @property
    def score(self) -> float:
        """Wins and half the draws, by match; 0 where all were void."""
        wins, draws, losses = self.record
        return (wins + draws / 2) / max(1, wins + draws + losses)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the score would settle, at 95 % (Wilson 1927)."""
        wins, draws, losses = self.record
        games, z2 = max(1, wins + draws + losses), Z95**2
        centre = (self.score + z2 / (2 * games)) / (1 + z2 / games)
        spread = Z95 * sqrt(self.score * (1 - self.score) / games + z2 / (4 * games**2)) / (1 + z2 / games)
        return max(0.0, centre - spread), min(1.0, centre + spread)

    @property
    def means(self) -> list[float]:
        """The mean return of each of the lineup."""
        totals, sound = [0.0] * len(self.lineup), 0
        for place, result in enumerate(self.results):
            if result.void is None:
                sound += 1
                for seat, earned in enumerate(result.returns):
                    totals[(seat + place) % len(self.lineup)] += earned
        return [total / max(1, sound) for total in totals]

    @property
    def spoiled(self) -> dict[str, int]:
        """How many matches ended otherwise than by being played out, by ending."""
        endings = [str(result.ending) for result in self.results if result.ending.kind != "finished"]
        return {ending: endings.count(ending) for ending in sorted(set(endings))}

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""
        wins, draws, losses = self.record
        return {
            "schema": 1,
            "game": self.game,
            "lineup": list(self.lineup),
            "games": len(self.results),
            "wins": wins,
            "draws": draws,
            "losses": losses,
            "score": self.score,
            "interval": list(self.interval),
            "means": self.means,
            "spoiled": self.spoiled,
        }


@torch_settings.fixed()
def exhibit(game: Game, lineup: Sequence[Checkpoint], *, weights: WeightSource, games: int, seed: int) -> Exhibition:
    """Plays `games` matches; the lineup moves on by one seat each, and each seed serves every rotation once."""
    seats = game.spec.seats
    if len(lineup) != seats:
        raise BadConfig(f"{game.spec.name} has {seats} seats, got {len(lineup)} agents")
    matches = []
    for place in range(games):
        shift = place % seats
        rotated = (*lineup[shift:], *lineup[:shift])
        matches.append(Match(place, derive(seed, place // seats), rotated))
    roster = Roster(game.spec, weights)
    cast = roster.cast(set(lineup))
    chunks = [matches[start : start + _CHUNK] for start in range(0, games, _CHUNK)]
    results = [result for chunk in chunks for result in play(game, chunk, cast).results]
    roster.close()
    return Exhibition(game.spec.name, tuple(str(one) for one in lineup), tuple(results))
