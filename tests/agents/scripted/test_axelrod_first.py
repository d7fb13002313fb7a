"""Axelrod's first tournament: move by move what the axelrod library (4.14) plays, and how often where chance decides.

The moves below were recorded from it: against fixed opponents, and against strategies of `dilemma`. Graaskamp's are cut
where its own chance begins.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from agents.core import Agent
from agents.registry import make_agent
from tests.agents.scripted.test_dilemma import DILEMMA, rate, seen, strategy

TURNS = 100
GAME = replace(DILEMMA, max_steps=TURNS, return_range=(0.0, 500.0))
FIXED = {
    "kind": "CCCDCCDCDCDCCCCCCCCCCDCCCCCCCCCCCDDCCCCCCCCCCCCCCCCCCCCCDCCCCCCCCCCCCCDCCCCCCCDCCCDCCCCCCCCCCCCCCCCC",
    "middling": "DDDCCCDCCCCCCCCDCCCCCCDCDDDDCDDDDCDCCDCCCDCCCCDDCCCDDCCDCDCCCCCCDCCCCDCCCCCCDCCDDCCCCCCCCCDDDDCCCCCC",
    "coin": "DCCCCDDCDCCDDCCDDDCCDCCCDCDDCCCCDCCDDDDCDDDCDDCCDCCCCDDDDCDDCCDCCCDCDDCCCCCDCCCCDCDCCCCDCCCDDDDDDCCC",
}
RECORDED = [
    (
        "tideman_chieruzzi",
        "kind",
        "CCCCDCCDDDDDCCCCCCCCCCDDDCCCCCCCCCDDDCCCCCCCCCCCCCCCCCCCCDCCCCCCCCCCCCCDCCCCCCCDDCCDDCCCCCCCCCCCCCDD",
    ),
    (
        "tideman_chieruzzi",
        "middling",
        "CDDDCCCDDDCCCCCCDDDDCCCDDDDDDDDDDDCDDDDDDDDDDDDDDDCCDDDDDDDDDCCCCDDDDDDDDDDCCDDCCDCCCCCCCCCDDDDDCCDD",
    ),
    (
        "tideman_chieruzzi",
        "coin",
        "CDCCCCDDCDDDDDDDDDDDDDDDDDDDDDDDDDCCDDDDDDDDCDDDDDDDDDDDDDDDDDDDCCCDDDDDDDDDDDCCCDDDDDDDDDDDDDDDDDDD",
    ),
    (
        "shubik",
        "kind",
        "CCCCDCCDDCCDDDCCCCCCCCDDDDCCCCCCCCDDDDDCCCCCCCCCCCCCCCCCCDDDDDDCCCCCCCCDDDDDDDCDDDDDDDDCCCCCCCCCCCCC",
    ),
    (
        "shubik",
        "middling",
        "CDCDDCCDDDCCCCCCDDDDCCCDDDDDCCDDDDDDCCDDDDDDDCCDDDDDDDDCDDDDDDDDDCCCCCDDDDDDDDDDCDDDDDDDDDDDCDDDDDDD",
    ),
    (
        "shubik",
        "coin",
        "CDCCCCDDCDDDCDDDDCDDDDDCCDDDDDDCCDDDDDDDCDDDDDDDDCCCCCDDDDDDDDDCCCCDDDDDDDDDDCCCCDDDDDDDDDDDCDDDDDDD",
    ),
    (
        "stein_rapoport",
        "kind",
        "CCCCDCCDCDCDCCDDDDDDDDDDDDDDDCCCCCDDCCCCCCCCCCCCCCCCCCCCCDCCCCCCCCCCCCCDCCCCCCCDCCCDCCCCCCCCCCCCCCDD",
    ),
    (
        "stein_rapoport",
        "middling",
        "CCCCCCCDCCCCCCDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDCCCDCCDDCCCCCCCCCDDDDCCCDD",
    ),
    (
        "stein_rapoport",
        "coin",
        "CCCCCCDDCDCCDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD",
    ),
    (
        "tideman_chieruzzi",
        "alternator",
        "CCDCDDDDDCDDDDDDDDDCDDDDDDDDDDDDDCDDDDDDDDDDDDDDDDDCDDDDDDDDDDDDDDDDDDDDDCDDDDDDDDDDDDDDDDDDDDDDDDDD",
    ),
    (
        "nydegger",
        "alternator",
        "CCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDC",
    ),
    (
        "nydegger",
        "suspicious_tit_for_tat",
        "CDDDDCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC",
    ),
    (
        "shubik",
        "suspicious_tit_for_tat",
        "CDCDDCDDDCDDDDCDDDDDCDDDDDDCDDDDDDDCDDDDDDDDCDDDDDDDDDCDDDDDDDDDDCDDDDDDDDDDDCDDDDDDDDDDDDCDDDDDDDDD",
    ),
    (
        "davis",
        "alternator",
        "CCCCCCCCCCDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD",
    ),
    (
        "davis",
        "tit_for_tat",
        "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC",
    ),
    (
        "downing",
        "tit_for_tat",
        "DDCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC",
    ),
    (
        "downing",
        "tit_for_two_tats",
        "DDCDCDCDDDDCDCDCDDDDCDCDCDDDDCDCDCDDDDCDCDCDDDDCDCDCDDDDCDCDCDDDDCDCDCDDDDCDCDCDDDDCDCDCDDDDCDCDCDDD",
    ),
    (
        "downing",
        "win_stay_lose_shift",
        "DDCDCDCDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD",
    ),
    ("graaskamp", "tit_for_tat", "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCDCDCDCDCDCD"),
    ("graaskamp", "alternator", "CCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDDDDD"),
    ("graaskamp", "suspicious_tit_for_tat", "CDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDDDDDDDDDDDD"),
    ("graaskamp", "tit_for_two_tats", "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCDCCCCCCCCCC"),
    ("graaskamp", "win_stay_lose_shift", "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCDCDDCDCCCCC"),
]


def move(agent: Agent, last: str, step: int) -> str:
    return "CD"[int(agent.act(seen([last], step=step)))]


def against_fixed(spec: str, theirs: str) -> str:
    """What a strategy plays while the other plays `theirs`."""
    agent, last, mine = make_agent(spec, GAME), "", ""
    agent.reset(torch.arange(1), torch.arange(1))
    for step, other in enumerate(theirs):
        mine += move(agent, last, step)
        last = mine[-1] + other
    return mine


def against(spec: str, other: str) -> str:
    """What a strategy plays against another."""
    agents, mine, theirs = [make_agent(each, GAME) for each in (spec, other)], "", ""
    for agent in agents:
        agent.reset(torch.arange(1), torch.arange(1))
    for step in range(TURNS):
        joint = mine[-1:] + theirs[-1:]
        mine, theirs = mine + move(agents[0], joint, step), theirs + move(agents[1], joint[::-1], step)
    return mine


@pytest.mark.parametrize(("spec", "other", "moves"), RECORDED, ids=lambda one: one if len(one) < 30 else "")
def test_it_plays_as_recorded(spec: str, other: str, moves: str):
    played = against_fixed(spec, FIXED[other]) if other in FIXED else against(spec, other)
    assert played[: len(moves)] == moves


@pytest.mark.parametrize(
    ("spec", "after", "cooperates"),
    [
        ("grofman", "CD", 2 / 7),
        ("grofman", "DC", 2 / 7),
        ("grofman", "CC", 1),
        ("grofman", "DD", 1),
        ("joss", "CC", 0.9),
        ("joss", "DC", 0.9),
        ("joss", "CD", 0),
        ("feld", "CD", 0),
    ],
)
def test_chance_decides_as_often_as_it_should(spec: str, after: str, cooperates: float):
    assert rate(spec, after=after) == pytest.approx(cooperates, abs=0.024)  # 5 standard deviations


def cooperation(spec: str, *, step: int, after: str, rows: int = 10_000) -> float:
    return float((strategy(spec, rows=rows).act(seen([after] * rows, step=step)) == 0).float().mean())


def test_feld_cooperates_less_and_less():
    rates = [cooperation("feld", step=step, after="CC" if step else "") for step in (0, 100, 199, 300)]
    assert rates == pytest.approx([1, 0.75, 0.5, 0.5], abs=0.024)


def test_anonymous_begins_at_thirty_per_cent_and_goes_about_half():
    assert cooperation("anonymous", step=4, after="CC") == pytest.approx(0.3, abs=0.024)
    assert cooperation("anonymous", step=40, after="CC") == pytest.approx(0.5, abs=0.024)


def test_anonymous_keeps_its_mind_for_ten_moves():
    """Ten moves of one row share a probability, so their number of cooperations spreads more than a coin's."""
    agent, rows = strategy("anonymous", rows=4000), 4000
    together = sum((agent.act(seen(["CC"] * rows, step=step)) == 0).float() for step in range(20, 30))
    assert float(together.var()) > 3.2  # a coin's: 2.5, with a standard error of 0.06


@pytest.mark.parametrize(("theirs", "cooperates"), [("C" * 11, 0.9), ("D" * 11, 0), ("D" + "CD" * 5, 0.4)])
def test_tullock_cooperates_a_tenth_less_than_the_last_ten_moves(theirs: str, cooperates: float):
    rows = 4000
    agent, last = strategy("tullock", rows=rows), ""
    for step, other in enumerate(theirs):
        assert (agent.act(seen([last] * rows, step=step)) == 0).all()
        last = "C" + other
    answers = agent.act(seen([last] * rows, step=11))
    assert float((answers == 0).float().mean()) == pytest.approx(cooperates, abs=0.04)


def test_graaskamp_tries_others_every_5_to_15_moves():
    game = replace(DILEMMA, max_steps=1000)
    agent, mine, strikes = make_agent("graaskamp", game), "", []
    agent.reset(torch.arange(1), torch.arange(1))
    for step in range(1000):
        last = mine + "C" if step else ""
        mine = move(agent, last, step)
        if step > 56 and mine == "D":
            strikes.append(step)
    gaps = [later - earlier for earlier, later in pairwise(strikes)]
    assert 61 <= strikes[0] <= 71
    assert set(gaps) == set(range(5, 16))
