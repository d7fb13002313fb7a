"""The trueskill package: one comparison at a time, by message passing."""

from __future__ import annotations

import random

from arena.bench.lap import Unit
from arena.bench.peers import need


def updates(players: int = 40, count: int = 1000) -> Unit:
    """Random wins and draws between random players."""
    trueskill, chance = need("trueskill"), random.Random(1)
    graph = trueskill.TrueSkill(draw_probability=0.1, tau=0.0)
    pairs = [(*chance.sample(range(players), 2), chance.random() < 0.1) for _ in range(count)]

    def fold() -> dict[str, float]:
        ratings = [graph.create_rating() for _ in range(players)]
        for winner, loser, drawn in pairs:
            ratings[winner], ratings[loser] = trueskill.rate_1vs1(ratings[winner], ratings[loser], drawn, env=graph)
        return {"updates": count}

    return fold


def melees(players: int = 10, levels: int = 6, count: int = 50) -> Unit:
    """Free-for-alls of everybody, each with a random one of so many ranks."""
    trueskill, chance = need("trueskill"), random.Random(1)
    graph = trueskill.TrueSkill(draw_probability=0.1, tau=0.0)
    rankings = [[chance.randrange(levels) for _ in range(players)] for _ in range(count)]

    def fold() -> dict[str, float]:
        ratings = [(graph.create_rating(),) for _ in range(players)]
        for ranks in rankings:
            ratings = graph.rate(ratings, ranks)
        return {"updates": count}

    return fold
