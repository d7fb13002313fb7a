"""OpenSpiel: one state at a time, from Python, and what it has in C++."""

from __future__ import annotations

import random

from arena.bench.lap import Unit
from arena.bench.peers import need

GAMES = 50  # in a piece of work


def moves(game: str) -> Unit:
    """Random legal moves by the loop of its own example."""
    rules, chance = need("pyspiel").load_game(game), random.Random(1)

    def play() -> dict[str, float]:
        made = 0
        for _ in range(GAMES):
            state = rules.new_initial_state()
            while not state.is_terminal():
                if state.is_chance_node():
                    outcomes, weights = zip(*state.chance_outcomes(), strict=True)
                    state.apply_action(chance.choices(outcomes, weights)[0])
                else:
                    state.apply_action(chance.choice(state.legal_actions()))
                    made += 1
        return {"moves": made, "games": GAMES}

    return play


def bots(game: str) -> Unit:
    """Two of its random bots, asked and answered in C++."""
    pyspiel, chance = need("pyspiel"), random.Random(1)
    rules = pyspiel.load_game(game)
    pair = [pyspiel.make_uniform_random_bot(seat, seat) for seat in range(2)]

    def play() -> dict[str, float]:
        made = 0
        for _ in range(GAMES):
            state = rules.new_initial_state()
            pyspiel.evaluate_bots(state, pair, chance.getrandbits(31))
            made += state.move_number()
        return {"moves": made, "games": GAMES}

    return play
