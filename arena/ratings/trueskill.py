"""TrueSkill: every checkpoint a normal belief, every comparison a Bayesian update, folded in match order.

Herbrich, Minka and Graepel, NIPS 2006. Two teams have a closed form, written here; free-for-alls go through the factor
graph of the `trueskill` package. The chance of a draw is not a setting but *measured*, from the comparisons folded so
far and no others, so that a fold that pauses and goes on equals one that does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, sqrt

from arena.match import Checkpoint, Comparison
from arena.ratings.model import Rating, Standings
from arena.ratings.tails import cdf, drawn, pdf, ppf, won
from games.errors import BadSpec

# Before anything is seen 1 in 10 is a draw, TrueSkill's usual guess; ten games' worth of belief. The bounds keep a game
# that never (or always) draws from making the first exception a miracle.
_PRIOR_DRAWS, _PRIOR_GAMES = 1, 10
_RAREST, _COMMONEST = 0.001, 0.98


@dataclass(slots=True)
class _Player:
    """A rating while a fold runs."""

    mu: float
    sigma: float
    compared: int


_Team = Sequence[_Player]


class _Players(dict[Checkpoint, _Player]):
    """Everybody in a fold; a newcomer begins at the prior."""

    def __init__(self, prior: Rating, standings: Standings) -> None:
        super().__init__((who, _Player(r.mu, r.sigma, standings.compared[who])) for who, r in standings.ratings.items())
        self._prior = prior

    def __missing__(self, who: Checkpoint) -> _Player:
        player = self[who] = _Player(self._prior.mu, self._prior.sigma, 0)
        return player


@dataclass(frozen=True)
class TrueSkill:
    """The rating model. All settings are in points of skill except `draw`, which fixes the chance of a draw."""

    mu: float = 25.0
    sigma: float = 25 / 3
    beta: float = 25 / 6  # the spread of one performance around the skill
    tau: float = 0.0  # what a skill may drift between two comparisons; a frozen checkpoint does not
    draw: float | None = None  # None: measured

    def __post_init__(self) -> None:
        if not (self.sigma > 0 and self.beta > 0 and self.tau >= 0 and isfinite(self.mu)):
            raise BadSpec(f"{self!r} cannot rate", hint="sigma and beta must be above 0, tau at least 0")
        if self.draw is not None and not 0 <= self.draw < 1:
            raise BadSpec(f"draw must be at least 0 and below 1, got {self.draw!r}")

    @property
    def prior(self) -> Rating:
        return Rating(self.mu, self.sigma)

    def draw_probability(self, counters: Mapping[str, int]) -> float:
        """The chance that two neighbours in a ranking are equal, from the `games` and `draws` so far."""
        return self._draw_rate(counters.get("games", 0), counters.get("draws", 0))

    def fold(self, standings: Standings, comparisons: Iterable[Comparison]) -> Standings:
        """The standings after more comparisons. Pure, and exact: folding in parts equals folding at once."""
        players = _Players(self.prior, standings)
        games, draws = standings.counters.get("games", 0), standings.counters.get("draws", 0)
        for comparison in comparisons:
            teams = [[players[who] for who in team] for team in comparison.teams]
            self._update(teams, comparison, self._draw_rate(games, draws))
            for team in teams:
                for player in team:
                    player.compared += 1
            games += len(teams) - 1  # neighbours in the ranking
            draws += len(teams) - len(set(comparison.ranks))
        return Standings(
            {who: Rating(player.mu, player.sigma) for who, player in players.items()},
            {who: player.compared for who, player in players.items()},
            {"games": games, "draws": draws},
        )

    def predict(self, a: Rating, b: Rating, counters: Mapping[str, int] | None = None) -> tuple[float, float, float]:
        """The chances that one player rated `a` wins, draws and loses against one rated `b`; they sum to 1."""
        c = sqrt(a.sigma**2 + b.sigma**2 + 2 * self.beta**2)
        d, e = (a.mu - b.mu) / c, self._margin(self.draw_probability(counters or {}), 2) / c
        win, loss = cdf(d - e), cdf(-d - e)
        return win, max(0.0, 1 - win - loss), loss

    def _draw_rate(self, games: int, draws: int) -> float:
        if self.draw is not None:
            return self.draw
        rate = (draws + _PRIOR_DRAWS) / (games + _PRIOR_GAMES)
        return _RAREST if rate < _RAREST else _COMMONEST if rate > _COMMONEST else rate

    def _margin(self, draw: float, players: int) -> float:
        """How far a performance must lead to win."""
        return ppf((draw + 1) / 2) * sqrt(players) * self.beta

    def _update(self, teams: list[list[_Player]], comparison: Comparison, draw: float) -> None:
        if len(teams) == 2:
            first, second = comparison.ranks
            better, worse = teams if first <= second else reversed(teams)
            self._duel(better, worse, tie=first == second, draw=draw)
        else:
            self._melee(teams, comparison, draw=draw)

    def _duel(self, better: _Team, worse: _Team, *, tie: bool, draw: float) -> None:
        """Two teams, in closed form."""
        count, drift = len(better) + len(worse), self.tau * self.tau
        lead, variance = 0.0, count * (self.beta * self.beta + drift)
        for player in better:
            lead += player.mu
            variance += player.sigma * player.sigma
        for player in worse:
            lead -= player.mu
            variance += player.sigma * player.sigma
        c = sqrt(variance)
        margin = self._margin(draw, count) / c
        v, w = drawn(lead / c, margin) if tie else won(lead / c - margin)
        for team, push in ((better, v / c), (worse, -v / c)):
            for player in team:
                square = player.sigma * player.sigma + drift
                player.mu += square * push
                player.sigma = sqrt(square * (1 - square / variance * w))

    def _melee(self, teams: list[list[_Player]], comparison: Comparison, *, draw: float) -> None:
        """Three teams or more, by message passing; where that fails in the far tails, neighbours duel from the top down.

        Teams of equal rank are taken in the order of their ids, so that a comparison means the same however it is written.
        """
        ids = [[who.id for who in team] for team in comparison.teams]
        order = sorted(range(len(teams)), key=lambda i: (comparison.ranks[i], ids[i]))
        teams, ranks = [teams[i] for i in order], [comparison.ranks[i] for i in order]
        rated = self._message_passing(teams, ranks, draw)
        if rated is None:
            for (better, above), (worse, below) in pairwise(zip(teams, ranks, strict=True)):
                self._duel(better, worse, tie=above == below, draw=draw)
            return
        for team, after in zip(teams, rated, strict=True):
            for player, (mu, sigma) in zip(team, after, strict=True):
                player.mu, player.sigma = mu, sigma

    def _message_passing(
        self, teams: list[list[_Player]], ranks: list[int], draw: float
    ) -> list[list[tuple[float, float]]] | None:
        """What the package makes of it, (mu, sigma) for each player; None where its numbers break down."""
        import trueskill  # rarely needed, and not quick to import

        graph = trueskill.TrueSkill(self.mu, self.sigma, self.beta, self.tau, draw, backend=(cdf, pdf, ppf))
        believed = [[trueskill.Rating(player.mu, player.sigma) for player in team] for team in teams]
        try:
            rated = [[(float(r.mu), float(r.sigma)) for r in team] for team in graph.rate(believed, ranks)]
        except (ArithmeticError, ValueError):
            return None
        return (
            rated if all(isfinite(mu) and isfinite(sigma) and sigma > 0 for team in rated for mu, sigma in team) else None
        )
