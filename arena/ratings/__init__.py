"""Ratings: one model a file. A model folds comparisons, in match order, into standings; `comparisons` makes them."""

from games.registry import Registry

RATINGS = Registry("rating model", {"trueskill": "arena.ratings.trueskill:TrueSkill"}, group="arena.ratings")
