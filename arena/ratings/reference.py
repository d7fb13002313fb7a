"""The reference: what the `trueskill` package, a second and independent implementation, makes of a comparison.

Our own formulas rate, being many times as fast and finite for every upset. The package is what they are held against: by
tests, and by `arena doctor`, which so finds an installation that computes ratings of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from arena.match import Checkpoint, Comparison
from arena.ratings.model import Rating, Standings
from arena.ratings.tails import cdf, pdf, ppf
from arena.ratings.trueskill import TrueSkill, best_first

Ratings = Mapping[Checkpoint, Rating]


def by_the_package(model: TrueSkill, ratings: Ratings, one: Comparison) -> dict[Checkpoint, Rating]:
    """The ratings of those in a comparison after it, with the chance of a draw that the model begins with.

    Raises ArithmeticError for upsets beyond what the package can say.
    """
    import trueskill  # not quick to import, and no league is rated by it

    draw = model.draw_probability({})
    graph = trueskill.TrueSkill(model.mu, model.sigma, model.beta, model.tau, draw, backend=(cdf, pdf, ppf))
    ranks, teams = zip(*best_first(one), strict=True)
    before = [[trueskill.Rating(ratings[who].mu, ratings[who].sigma) for who in team] for team in teams]
    return {
        who: Rating(after.mu, after.sigma)
        for team, rated in zip(teams, graph.rate(before, ranks), strict=True)
        for who, after in zip(team, rated, strict=True)
    }


def farthest(model: TrueSkill, ratings: Ratings, one: Comparison) -> float:
    """How far our ratings after a comparison are from the package's at most, in points of skill."""
    ours = model.fold(Standings(ratings, dict.fromkeys(ratings, 0)), [one]).ratings
    theirs = by_the_package(model, ratings, one)
    return max(max(abs(ours[who].mu - rating.mu), abs(ours[who].sigma - rating.sigma)) for who, rating in theirs.items())


def sample(model: TrueSkill) -> float:
    """`farthest` over a win, a draw, teams and a free-for-all with ties."""
    cast = [Checkpoint.make(f"reference-{number}", 1, spec="uniform") for number in range(6)]
    ratings = {who: Rating(20.0 + 2 * number, 8.0 - number) for number, who in enumerate(cast)}
    a, b, c, d, e, f = ((who,) for who in cast)
    comparisons = [
        Comparison((a, b), (0, 1)),
        Comparison((c, d), (0, 0)),
        Comparison((a + b, c + d + e), (0, 1)),
        Comparison((a, b, c, d, e, f), (3, 0, 0, 1, 2, 2)),
    ]
    return max(farthest(model, ratings, one) for one in comparisons)
