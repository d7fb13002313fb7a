"""TrueSkill: every checkpoint a normal belief, every comparison a Bayesian update, folded in match order.

Herbrich, Minka and Graepel, NIPS 2006. One against one has a closed form, written here; all others are a `melee`. The
chance of a draw is not a setting but *measured*, from the comparisons folded so far and no others, so that a fold that
pauses and goes on equals one that does not. What it is worth to sit first can be rated too, like a player who sits beside
everybody that has the first seat (as home advantage is in Herbrich et al.'s chess study, "TrueSkill through time", 2007).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import fsum, isfinite, sqrt

from arena.match import Checkpoint, Comparison
from arena.ratings.clock import Clock
from arena.ratings.draws import measured
from arena.ratings.melee import melee
from arena.ratings.model import Rating, Standings
from arena.ratings.tails import cdf, drawn, ppf, won
from games.errors import BadSpec

_ROOT_2 = sqrt(2)
_FOUNDERS = 4  # how many players who are as far apart as `sigma` says a pool's own spread has to outweigh


@dataclass(slots=True)
class _Player:
    """A rating while a fold runs."""

    who: Checkpoint
    mu: float
    sigma: float
    compared: int


class _Players(dict[str, _Player]):
    """Everybody in a fold, by id; a newcomer begins at the prior, or where the pool tells how far apart players are."""

    def __init__(self, prior: Rating, before: Standings, *, learns: bool) -> None:
        super().__init__()
        self._prior, self._before, self._learns = prior, before, learns
        for who in before.ratings if learns else ():  # a pool is asked as a whole; otherwise who is compared is enough
            self.join(who)

    def join(self, who: Checkpoint) -> _Player:
        """Whoever is not among them yet."""
        rating = self._before.ratings.get(who)
        if rating is not None:
            player = _Player(who, rating.mu, rating.sigma, self._before.compared[who])
        else:
            player = _Player(who, self._prior.mu, self._spread() if self._learns and self else self._prior.sigma, 0)
        self[who.id] = player
        return player

    def _spread(self) -> float:
        """How far skills are from the prior's mean, as the beliefs so far have it; sums do not depend on the order."""
        squares = fsum(player.sigma**2 + (player.mu - self._prior.mu) ** 2 for player in self.values())
        return sqrt((_FOUNDERS * self._prior.sigma**2 + squares) / (_FOUNDERS + len(self)))

    def standings(self, counters: Mapping[str, float]) -> Standings:
        ratings = {player.who: Rating(player.mu, player.sigma) for player in self.values()}
        compared = {player.who: player.compared for player in self.values()}
        return Standings({**self._before.ratings, **ratings}, {**self._before.compared, **compared}, counters)


@dataclass(frozen=True)
class TrueSkill:
    """The rating model. All settings are in points of skill except `draw`, which fixes the chance of a draw."""

    mu: float = 25.0
    sigma: float = 25 / 3
    beta: float = 25 / 6  # the spread of one performance around the skill
    tau: float = 0.0  # what a skill may drift between two of its comparisons; a frozen checkpoint does not
    drift: float = 0.0  # what it may while everybody plays once on average, also if it rests
    draw: float | None = None  # None: measured
    lapse: float = 0.0  # how often a match goes as if both were equal; it tempers what is foretold, and moves no rating
    side: float | None = 0.0  # what the first of two seats is worth; None: measured
    side_tau: float = 0.0  # what that may drift from one comparison to the next, where it is measured
    learn_sigma: bool = False  # a newcomer's sigma is the spread of those before it, `sigma` only a first guess

    def __post_init__(self) -> None:
        drifts = (self.tau, self.drift, self.side_tau)
        if not (self.sigma > 0 and self.beta > 0 and min(drifts) >= 0 and all(map(isfinite, (self.mu, self.side or 0)))):
            raise BadSpec(
                f"{self!r} cannot rate", hint="sigma and beta must be above 0, tau, drift and side_tau at least 0"
            )
        for name, share in (("draw", self.draw), ("lapse", self.lapse)):
            if share is not None and not 0 <= share < 1:
                raise BadSpec(f"{name} must be at least 0 and below 1, got {share!r}")

    @property
    def prior(self) -> Rating:
        return Rating(self.mu, self.sigma)

    def draw_probability(self, counters: Mapping[str, float]) -> float:
        """The chance that two neighbours in a ranking are equal, from the `games` and `draws` so far."""
        return self._draw_rate(counters.get("games", 0), counters.get("draws", 0))

    def advantage(self, counters: Mapping[str, float]) -> Rating:
        """What is believed of the first of two seats."""
        if self.side is not None:
            return Rating(self.side, 0.0)
        return Rating(counters.get("side_mu", 0.0), counters.get("side_sigma", self.beta))

    def fold(self, standings: Standings, comparisons: Iterable[Comparison]) -> Standings:
        """The standings after more comparisons. Pure, and exact: folding in parts equals folding at once."""
        players = _Players(self.prior, standings, learns=self.learn_sigma)
        seated, seat = self.side != 0.0, self.advantage(standings.counters)
        clock = Clock(standings.counters) if self.drift else None
        known, join = players.get, players.join
        drift, noise = self.tau * self.tau, self.beta * self.beta  # of a skill between comparisons, of a performance
        games, draws = standings.counters.get("games", 0), standings.counters.get("draws", 0)
        for comparison in comparisons:
            teams, ranks = comparison.teams, comparison.ranks
            margin = self._margin(measured(games, draws) if self.draw is None else self.draw)
            if clock is not None:
                self._age([known(who.id) or join(who) for team in teams for who in team], clock)
            if seated and comparison.sided:
                first, second = ([known(who.id) or join(who) for who in team] for team in teams)
                seat = self._drifted(_seated(first, second, seat, ranks, margin=margin, noise=noise, drift=drift))
                games += 1
                draws += ranks[0] == ranks[1]
            elif len(teams) == 2 and len(teams[0]) == len(teams[1]) == 1:  # nearly all comparisons, so the quick way
                (above,), (below,) = teams
                one, other = known(above.id) or join(above), known(below.id) or join(below)
                tie = ranks[0] == ranks[1]
                if ranks[0] <= ranks[1]:
                    _duel(one, other, tie=tie, margin=margin, noise=noise, drift=drift)
                else:
                    _duel(other, one, tie=tie, margin=margin, noise=noise, drift=drift)
                games += 1
                draws += tie
            else:
                rows = best_first(comparison)
                ranked = [known(who.id) or join(who) for _, team in rows for who in team]
                ties = [better == worse for (better, _), (worse, _) in pairwise(rows)]
                _melee(ranked, [len(team) for _, team in rows], ties, margin=margin, noise=noise, drift=drift)
                games += len(ties)  # neighbours in the ranking
                draws += sum(ties)
        counted = {"games": games, "draws": draws}
        seats = {"side_mu": seat.mu, "side_sigma": seat.sigma} if self.side is None else {}
        hours = {**standings.counters, **clock.counters()} if clock is not None else {}
        return players.standings({**hours, **counted, **seats})

    def predict(
        self, a: Rating, b: Rating, counters: Mapping[str, float] | None = None, *, sided: bool = False
    ) -> tuple[float, float, float]:
        """The chances that one player rated `a` wins, draws and loses against one rated `b`; they sum to 1."""
        counters = counters or {}
        seat = self.advantage(counters) if sided else Rating(0.0, 0.0)
        c = sqrt(a.sigma**2 + b.sigma**2 + seat.sigma**2 + 2 * self.beta**2)
        d, e = (a.mu + seat.mu - b.mu) / c, _ROOT_2 * self._margin(self.draw_probability(counters)) / c
        win, loss, even = cdf(d - e), cdf(-d - e), self.lapse * cdf(-e)
        win, loss = (1 - self.lapse) * win + even, (1 - self.lapse) * loss + even
        return win, max(0.0, 1 - win - loss), loss

    def _age(self, players: Sequence[_Player], clock: Clock) -> None:
        """What may have become of those who are about to be compared, since they were last."""
        for player, rested in zip(players, clock.tick([player.who.id for player in players]), strict=True):
            player.sigma = sqrt(player.sigma * player.sigma + self.drift * self.drift * rested)

    def _drifted(self, seat: Rating) -> Rating:
        """What is believed of the first seat by the next comparison."""
        if self.side is not None or not self.side_tau:
            return seat
        return Rating(seat.mu, sqrt(seat.sigma * seat.sigma + self.side_tau * self.side_tau))

    def _draw_rate(self, games: float, draws: float) -> float:
        if self.draw is not None:
            return self.draw
        return measured(games, draws)

    def _margin(self, draw: float) -> float:
        """How far a performance must lead to win, for each root of the number of players."""
        return ppf((draw + 1) / 2) * self.beta


def best_first(comparison: Comparison) -> list[tuple[int, tuple[Checkpoint, ...]]]:
    """Ranks and teams; those of equal rank by their ids, so that a comparison means the same however it is written."""
    ids = [[who.id for who in team] for team in comparison.teams]
    rows = sorted(zip(comparison.ranks, ids, range(len(ids)), comparison.teams, strict=True))
    return [(rank, team) for rank, _, _, team in rows]


def _duel(better: _Player, worse: _Player, *, tie: bool, margin: float, noise: float, drift: float) -> None:
    """One against one, in closed form."""
    above, below = better.sigma * better.sigma + drift, worse.sigma * worse.sigma + drift
    variance = above + below + noise + noise
    c = sqrt(variance)
    lead, margin = (better.mu - worse.mu) / c, _ROOT_2 * margin / c
    v, w = drawn(lead, margin) if tie else won(lead - margin)
    push, shrink = v / c, w / variance
    better.mu += above * push
    better.sigma = sqrt(above * (1 - above * shrink))
    better.compared += 1
    worse.mu -= below * push
    worse.sigma = sqrt(below * (1 - below * shrink))
    worse.compared += 1


def _seated(
    first: Sequence[_Player],
    second: Sequence[_Player],
    seat: Rating,
    ranks: Sequence[int],
    *,
    margin: float,
    noise: float,
    drift: float,
) -> Rating:
    """Two teams of which the first has the better seat; what is believed of the seat afterwards."""
    players = [*first, *second]
    variances = [player.sigma * player.sigma + drift for player in players]
    variance = sum(variances) + noise * len(players) + seat.sigma * seat.sigma
    c = sqrt(variance)
    lead = (sum([player.mu for player in first]) + seat.mu - sum([player.mu for player in second])) / c
    margin, sign = margin * sqrt(len(players)) / c, 1.0 if ranks[0] <= ranks[1] else -1.0
    v, w = drawn(lead, margin) if ranks[0] == ranks[1] else won(sign * lead - margin)
    push, shrink = sign * v / c, w / variance
    for place, (player, own) in enumerate(zip(players, variances, strict=True)):
        player.mu += own * push if place < len(first) else -own * push
        player.sigma = sqrt(own * (1 - own * shrink))
        player.compared += 1
    own = seat.sigma * seat.sigma
    return Rating(seat.mu + own * push, sqrt(own * (1 - own * shrink)))


def _melee(
    players: Sequence[_Player], sizes: Sequence[int], ties: Sequence[bool], *, margin: float, noise: float, drift: float
) -> None:
    """Teams of any number and of these sizes, best first; their players stand one behind the other."""
    own = [player.sigma * player.sigma + drift for player in players]
    means, variances = [player.mu for player in players], [variance + noise for variance in own]
    if len(sizes) == len(players):  # nearly always, so the quick way
        margins = [margin * _ROOT_2] * len(ties)
        effects = melee(means, variances, margins, ties)
    else:
        margins = [margin * sqrt(one + other) for one, other in pairwise(sizes)]
        effects = melee(_summed(means, sizes), _summed(variances, sizes), margins, ties)
        effects = [effect for effect, size in zip(effects, sizes, strict=True) for _ in range(size)]
    for player, variance, (push, shrink) in zip(players, own, effects, strict=True):
        player.mu += variance * push
        player.sigma = sqrt(variance * (1.0 - variance * shrink))
        player.compared += 1


def _summed(values: Iterable[float], sizes: Iterable[int]) -> list[float]:
    """What stands one behind the other, added up in parts of these sizes."""
    stream = iter(values)
    return [sum(islice(stream, size)) for size in sizes]
