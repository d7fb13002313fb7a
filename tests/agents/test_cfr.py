"""CFR+: OpenSpiel's iterates, and play that nobody exploits."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pyspiel
import pytest
import torch
from open_spiel.python.algorithms import cfr as openspiel
from open_spiel.python.algorithms import exploitability as oracle

from agents.cfr import solving
from agents.checks import check_agent
from agents.registry import make_agent
from agents.table import read_table, written_out
from arena.analysis.exploitability import exploitability
from games.errors import BadSpec
from games.matrix import MatrixGame
from games.registry import GAMES
from games.tree import NotExact


@pytest.mark.parametrize(
    ("name", "game", "iterations"),
    [("kuhn_poker", "kuhn_poker", 12), ("leduc_poker", "leduc_poker(suit_isomorphism=True)", 3)],
)
def test_every_iterate_is_as_exploitable_as_openspiels(name: str, game: str, iterations: int) -> None:
    rules = pyspiel.load_game(game)
    solver, tree = openspiel.CFRPlusSolver(rules), written_out(name)
    for ours in islice(solving(tree), iterations):
        solver.evaluate_and_update_policy()
        expected = oracle.exploitability(rules, solver.average_policy())
        assert exploitability(tree, ours).exploitability == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("game", "spec", "most"),
    [
        ("kuhn_poker", "cfr", 0.0012),
        ("leduc_poker", "cfr", 0.0135),  # 100 iterations
        ("tic_tac_toe", "cfr(iterations=50)", 0.01),
        ("matrix([[1, 0], [0, 2]])", "cfr(rules='matrix([[1, 0], [0, 2]])')", 0.0035),
        ("kuhn_poker", "tabular_mmd", 0.0024),
        ("leduc_poker", "tabular_mmd(iterations=500)", 0.12),  # 3000 iterations: 0.036
        ("matching_pennies", "tabular_mmd(iterations=10)", 1e-9),
    ],
)
def test_an_oracle_is_hard_to_exploit(game: str, spec: str, most: float) -> None:
    rules = GAMES.make(game)
    found = exploitability(written_out(game), read_table(make_agent(spec, rules.spec), written_out(game)))
    assert 0 <= found.exploitability < most + 1e-9


@pytest.mark.parametrize("spec", ["cfr(iterations=5)", "tabular_mmd(iterations=5)"])
@pytest.mark.parametrize("game", ["kuhn_poker", "leduc_poker", "rock_paper_scissors"])
def test_it_keeps_the_contract_of_agents(game: str, spec: str) -> None:
    check_agent(spec, GAMES.make(game))


def test_mirror_descent_with_a_strong_magnet_stays_near_uniform() -> None:
    game, tree = GAMES.make("kuhn_poker").spec, written_out("kuhn_poker")
    weak, strong = (
        read_table(make_agent(f"tabular_mmd(iterations=50, magnet={magnet})", game), tree) for magnet in (0.4, 50)
    )
    assert np.abs(strong - 0.5).max() < 0.2 < np.abs(weak - 0.5).max()


@pytest.mark.parametrize(
    ("game", "spec", "error", "said"),
    [
        ("connect_four", "cfr", NotExact, "more than 100,000 nodes"),
        ("chicken", "cfr", BadSpec, "CFR solves zero-sum games of two seats, and 'chicken' is none"),
        ("rock_paper_scissors", "tabular_mmd(rules='matching_pennies')", BadSpec, "the game that is played is not"),
        ("kuhn_poker", "cfr(iterations=0)", BadSpec, "iterations must be a whole number from 1"),
        ("kuhn_poker", "tabular_mmd(magnet=-1)", BadSpec, "magnet must be a number from 0"),
    ],
)
def test_what_cannot_be_solved_is_refused_when_the_agent_is_made(game, spec, error, said) -> None:
    with pytest.raises(error, match=said):
        make_agent(spec, GAMES.make(game).spec)


@pytest.mark.parametrize("game", ["matrix([[3, 0], [0, 1]], actions=['a', 'b'])", "rock_paper_scissors"])
def test_the_rules_are_those_of_the_game_that_is_played_unless_they_are_said(game) -> None:
    found = make_agent("cfr", GAMES.make(game).spec)
    assert found.rules == game
    assert found.tree.spec == GAMES.make(game).spec


def test_a_game_that_nobody_made_by_its_text_must_be_said() -> None:
    made = MatrixGame([[1, 0], [0, 2]])
    with pytest.raises(BadSpec, match="'matrix' cannot be made by its name"):
        make_agent("cfr", made.spec)
    assert make_agent("cfr(rules='matrix([[1, 0], [0, 2]])')", made.spec).tree.spec == made.spec


def test_oracles_of_one_kind_solve_the_game_once() -> None:
    game = GAMES.make("kuhn_poker").spec
    one, other = (make_agent("cfr(iterations=7)", game) for _ in range(2))
    assert one.solve() is other.solve()
    assert isinstance(one.solve(), np.ndarray)
    assert torch.from_numpy(one.solve()).dtype == torch.float64
