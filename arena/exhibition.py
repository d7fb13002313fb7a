"""Exhibition matches: who beats whom, right now, without touching the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum, sqrt
from typing import Any

from arena import torch_settings
from arena.analysis.payoff import Z95
from arena.errors import BadConfig, CannotPlay
from arena.match import Checkpoint, Entrant, Match, Result
from arena.matchmaking.schedule import sides_of
from arena.roster import Roster, WeightSource
from arena.runner import play
from games.chance import derive
from games.core import Game
from games.spec import GameSpec

_CHUNK = 256


@dataclass(frozen=True)
class Exhibition:
    """What came of the matches, told from the first of the lineup against the others."""

    game: str
    lineup: tuple[str, ...]  # a name for each side: a seat, or a team where teams compete
    results: tuple[Result, ...]
    sides: tuple[int, ...] = ()  # the side of each seat; empty: each seat is one
    notes: Mapping[tuple[int, int], str] = field(default_factory=dict)  # (match, seat) -> what exactly went wrong

    @property
    def earned(self) -> list[list[float]]:
        """What each of the lineup earned, a team on average, match by match; void matches left out."""
        earned, count = [], len(self.lineup)
        for place, result in enumerate(self.results):
            if result.void is None:
                pays: list[list[float]] = [[] for _ in self.lineup]
                for side, pay in zip(self.sides or range(count), result.returns, strict=True):
                    pays[(side + place) % count].append(pay)  # the lineup was rotated by `place`
                earned.append([fsum(pay) / len(pay) for pay in pays])
        return earned

    @property
    def margins(self) -> list[float]:
        """What the first earned above the best of the others, match by match; void matches left out."""
        return [first - max(others) for first, *others in self.earned]

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
        earned = self.earned
        return [fsum(pays) / len(earned) for pays in zip(*earned, strict=True)] if earned else [0.0] * len(self.lineup)

    @property
    def spoiled(self) -> dict[str, int]:
        """How many matches ended otherwise than by being played out, by ending."""
        endings = [str(result.ending) for result in self.results if result.ending.kind != "finished"]
        return {ending: endings.count(ending) for ending in sorted(set(endings))}

    @property
    def told(self) -> dict[str, str]:
        """What the spoiled matches' notes tell of each ending: the first of each agent, or of the rules or the machine."""
        first: dict[tuple[str, str], str] = {}
        for (match, seat), note in self.notes.items():
            result = self.results[match]
            whose = str(result.match.lineup[seat]) if result.ending.kind == "forfeit" else ""
            first.setdefault((str(result.ending), whose), f"{whose}: {note}" if whose else note)
        endings = dict.fromkeys(ending for ending, _ in first)
        return {ending: "; ".join(note for (its, _), note in first.items() if its == ending) for ending in endings}

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
    """Plays `games` matches; the lineup moves on by one side each, and each seed serves every rotation once.

    Where teams compete, a side is a team, and the lineup names one for each team or one for each seat. Raises `BadConfig`.
    """
    sides = sides_of(game.spec)
    teams = _teams(game.spec, lineup, sides)
    matches = []
    for place in range(games):
        shift = place % len(teams)
        rotated = [iter(team) for team in (*teams[shift:], *teams[:shift])]
        seated = tuple(next(rotated[side]) for side in sides)
        matches.append(Match(place, derive(seed, place // len(teams)), seated))
    roster = Roster(game.spec, weights)
    cast = roster.cast(set(lineup))
    chunks = [matches[start : start + _CHUNK] for start in range(0, games, _CHUNK)]
    results: list[Result] = []
    notes: dict[tuple[int, int], str] = {}
    for chunk in chunks:
        played = play(game, chunk, cast)
        notes |= {(match + len(results), seat): note for (match, seat), note in played.notes.items()}
        results += played.results
    roster.close()
    names = tuple("+".join(dict.fromkeys(map(str, team))) for team in teams)
    return Exhibition(game.spec.name, names, tuple(results), sides, notes)


def playing(one: Entrant) -> Entrant:
    """The same agent. Raises `CannotPlay` for one that is known by imported results alone."""
    if not one.plays:
        raise CannotPlay.agent(one.name)
    return one


def _teams(rules: GameSpec, lineup: Sequence[Checkpoint], sides: Sequence[int]) -> list[Sequence[Checkpoint]]:
    """Who plays for each side, one for each of its seats; one alone holds them all."""
    count, equal = max(sides) + 1, len({sides.count(side) for side in sides}) == 1
    if len(lineup) == count:
        return [(one,) * rules.seats for one in lineup]
    if len(lineup) != rules.seats:
        or_teams = f" in {count} teams" if count < rules.seats else ""
        raise BadConfig(f"{rules.name} has {rules.seats} seats{or_teams}, got {len(lineup)} agents")
    if not equal:
        raise BadConfig(
            f"the teams of {rules.name} differ in size, so they cannot change sides",
            hint=f"name {count} agents, a team each",
        )
    return [[one for one, its in zip(lineup, sides, strict=True) if its == side] for side in range(count)]
