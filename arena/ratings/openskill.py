"""The models of the `openskill` package, which is optional, as rating models of a league.

Weng and Lin, "A Bayesian approximation method for online ranking" (JMLR 2011). The package rates; what a match will bring
is said here. Its `predict_win` reads every lead by the normal distribution in units of c, c^2 = s_a^2 + s_b^2 + 2 beta^2;
but its Plackett-Luce and Bradley-Terry models learn by the logistic one, and the partial Thurstone-Mosteller in units of
2 c. So who wins 3 of 4 is foretold to win 86 of 100, or 91. And `predict_draw` takes 1 in 2 for the draws of equals,
whatever was seen. Here a lead is read by the curve that the model learns by, and draws are as common as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from math import exp, isfinite, sqrt
from typing import Any

from arena.match import Comparison
from arena.ratings.draws import measured, outcomes
from arena.ratings.model import Rating, Standings
from arena.ratings.tails import cdf
from games.errors import BadSpec, MissingExtra, meant


def _logistic(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))


_KINDS: dict[str, tuple[str, Callable[[float], float]]] = {  # the package's class, and the curve that it learns by
    "plackett_luce": ("PlackettLuce", _logistic),
    "bradley_terry_full": ("BradleyTerryFull", _logistic),
    "bradley_terry_part": ("BradleyTerryPart", _logistic),
    "thurstone_mosteller_full": ("ThurstoneMostellerFull", cdf),
    "thurstone_mosteller_part": ("ThurstoneMostellerPart", lambda x: cdf(x / 2)),  # it learns in units of 2 c
}


@dataclass(frozen=True)
class OpenSkill:
    """The rating model; settings are those of TrueSkill. It knows no side advantage. Raises `MissingExtra`."""

    kind: str = "plackett_luce"
    mu: float = 25.0
    sigma: float = 25 / 3
    beta: float = 25 / 6
    tau: float = 0.0
    draw: float | None = None  # the chance that equals draw; None: measured

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise BadSpec(
                f"openskill has no model {self.kind!r}{meant(self.kind, _KINDS)}", hint=f"there is: {', '.join(_KINDS)}"
            )
        if not (self.sigma > 0 and self.beta > 0 and self.tau >= 0 and isfinite(self.mu)):
            raise BadSpec(f"{self!r} cannot rate", hint="sigma and beta must be above 0, tau at least 0")
        if self.draw is not None and not 0 <= self.draw < 1:
            raise BadSpec(f"draw must be at least 0 and below 1, got {self.draw!r}")
        needed()

    @property
    def prior(self) -> Rating:
        return Rating(self.mu, self.sigma)

    def fold(self, standings: Standings, comparisons: Iterable[Comparison]) -> Standings:
        """The standings after more comparisons. Pure, and exact: folding in parts equals folding at once."""
        model = self._model
        ratings, compared = dict(standings.ratings), dict(standings.compared)
        games, draws = standings.counters.get("games", 0), standings.counters.get("draws", 0)
        for one in comparisons:
            before = [[self._told(ratings.get(who, self.prior)) for who in team] for team in one.teams]
            after = model.rate(before, ranks=[float(rank) for rank in one.ranks])
            for team, rated in zip(one.teams, after, strict=True):
                for who, rating in zip(team, rated, strict=True):
                    ratings[who] = Rating(rating.mu, rating.sigma)
                    compared[who] = compared.get(who, 0) + 1
            games += len(one.ranks) - 1  # neighbours in the ranking
            draws += len(one.ranks) - len(set(one.ranks))
        return Standings(ratings, compared, {"games": games, "draws": draws})

    def predict(
        self, a: Rating, b: Rating, counters: Mapping[str, float] | None = None, *, sided: bool = False
    ) -> tuple[float, float, float]:
        """The chances that one player rated `a` wins, draws and loses against one rated `b`; they sum to 1."""
        counters = counters or {}
        draw = measured(counters.get("games", 0), counters.get("draws", 0)) if self.draw is None else self.draw
        c = sqrt(a.sigma**2 + b.sigma**2 + 2 * self.beta**2)
        return outcomes(_KINDS[self.kind][1]((a.mu - b.mu) / c), draw)

    @cached_property
    def _model(self) -> Any:
        made = getattr(needed(), _KINDS[self.kind][0])
        return made(mu=self.mu, sigma=self.sigma, beta=self.beta, tau=self.tau)

    def _told(self, rating: Rating) -> Any:
        return self._model.rating(mu=rating.mu, sigma=rating.sigma)


def needed() -> Any:
    """The package. Raises `MissingExtra`, whose hint is the cure."""
    try:
        return import_module("openskill.models")
    except ImportError as error:
        raise MissingExtra(
            "the model openskill needs openskill, which is not installed", hint="pip install 'arena-league[openskill]'"
        ) from error
