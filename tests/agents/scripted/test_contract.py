"""Every scripted agent keeps the contract that is shipped to authors, in each game that it is for."""

from __future__ import annotations

import pytest

from agents.checks import check_agent
from agents.registry import AGENTS
from games.registry import GAMES, Spec

AXELROD = [
    "tideman_chieruzzi",
    "nydegger",
    "grofman",
    "shubik",
    "stein_rapoport",
    "davis",
    "graaskamp",
    "downing",
    "feld",
    "joss",
    "tullock",
    "anonymous",
]
FITS = {
    "connect_four": ["uniform", "tactician", "minimax(depth=2)", "biased([1, 2, 3, 4, 3, 2, 1])"],
    "tic_tac_toe": ["uniform", "tactician", "minimax(depth=3)", "perfect", "fixed(4)"],
    "rock_paper_scissors": ["uniform", "rock", "paper", "scissors", "fixed(1)", "biased([1, 0, 3])"],
    "prisoners_dilemma": [
        "cooperator",
        "defector",
        "coin(0.3)",
        "alternator",
        "tit_for_tat",
        "suspicious_tit_for_tat",
        "generous_tit_for_tat",
        "tit_for_two_tats",
        "win_stay_lose_shift",
        "grudger",
        "memory_one(0.9, 0.1, 0.5, 0.2)",
    ],
    "prisoners_dilemma(noise=0.2)": ["tit_for_two_tats", "grudger", *AXELROD],
    "prisoners_dilemma(rounds=70)": AXELROD,
    "stag_hunt": ["tit_for_tat", "win_stay_lose_shift", "grudger"],
    "chicken(rounds=4)": ["alternator", "generous_tit_for_tat", "tit_for_two_tats"],
    "kuhn_poker": ["uniform", "caller", "raiser", "folder", "tight", "kuhn_equilibrium"],
    "leduc_poker": ["uniform", "caller", "raiser", "folder", "tight"],
    "hide_and_seek": ["uniform", "chaser", "hideout", "barricader"],
    "hide_and_seek(size=12, hiders=3, seekers=1, boxes=5)": ["barricader"],
}


@pytest.mark.parametrize(("game", "spec"), [(game, spec) for game, specs in FITS.items() for spec in specs])
def test_it_keeps_the_contract_of_agents(game: str, spec: str):
    check_agent(spec, GAMES.make(game))


def test_no_scripted_agent_is_left_out():
    scripted = {name for name, target in AGENTS._targets().items() if target.startswith("agents.scripted.")}
    assert scripted == {Spec.parse(spec).name for specs in FITS.values() for spec in specs}
