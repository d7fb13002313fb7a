"""Ratings: one model a file. A model folds comparisons, in match order, into standings; `comparisons` makes them.

A batch model fits all comparisons at once instead, whatever order they came in.
"""

from games.registry import Registry

RATINGS = Registry(
    "rating model",
    {
        "trueskill": "arena.ratings.trueskill:TrueSkill",
        "openskill": "arena.ratings.openskill:OpenSkill",
        "elo": "arena.ratings.elo:Elo",
    },
    group="arena.ratings",
)
FITS = Registry("batch rating model", {"davidson": "arena.ratings.davidson:Davidson"}, group="arena.fits")
