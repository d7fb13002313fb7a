"""Each strategy of the iterated prisoner's dilemma, told as a short story of C and D."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from agents.core import Agent, Observation
from agents.registry import make_agent
from games import chance
from games.errors import BadSpec
from games.spec import GameSpec

DILEMMA = GameSpec("prisoners_dilemma", 1, "mixed", 2, 2, (5,), 200, (0.0, 1000.0), simultaneous=True)
SEEN = ("CC", "CD", "DC", "DD", "")  # what each feature says of the last step: mine, theirs; or that it is the first


def seen(last: list[str], *, step: int, seeds: list[int] | None = None, places: list[int] | None = None) -> Observation:
    """One row for each last joint action."""
    places = places if places is not None else list(range(len(last)))
    return Observation(
        features=torch.tensor([[float(word == joint) for word in SEEN] for joint in last]),
        legal=torch.ones(len(last), 2, dtype=torch.bool),
        seat=torch.zeros(len(last), dtype=torch.int64),
        step=torch.full((len(last),), step),
        seed=torch.tensor(seeds if seeds is not None else places),
        row=torch.tensor(places),
        member=torch.zeros(len(last), dtype=torch.int64),
    )


def strategy(spec: str, *, rows: int = 1) -> Agent:
    agent = make_agent(spec, DILEMMA)
    agent.reset(torch.arange(rows), torch.arange(rows))
    return agent


def answers(spec: str, *, moves: str) -> str:
    """What a strategy plays, step by step, while the other plays `moves`."""
    agent, last, mine = strategy(spec), "", ""
    for step, theirs in enumerate(moves):
        mine += "CD"[int(agent.act(seen([last], step=step)))]
        last = mine[-1] + theirs
    return mine


def rate(spec: str, *, after: str) -> float:
    """How often a strategy cooperates after a joint action, over 10,000 seeds."""
    return float((strategy(spec).act(seen([after] * 10_000, step=3)) == 0).float().mean())


@pytest.mark.parametrize(
    ("spec", "moves", "expect"),
    [
        ("cooperator", "CDDC", "CCCC"),
        ("defector", "CDDC", "DDDD"),
        ("alternator", "CDDCD", "CDCDC"),
        ("tit_for_tat", "CDDC", "CCDD"),
        ("suspicious_tit_for_tat", "CDDC", "DCDD"),
        ("tit_for_two_tats", "DCDDDCD", "CCCCDDC"),
        ("grudger", "CCDCCC", "CCCDDD"),
        ("win_stay_lose_shift", "CDDCCD", "CCDCCC"),
        ("generous_tit_for_tat(generosity=0.0)", "CDDC", "CCDD"),
        ("generous_tit_for_tat(generosity=1.0)", "CDDC", "CCCC"),
        ("coin(1.0)", "CDDC", "CCCC"),
        ("coin(0.0)", "CDDC", "DDDD"),
        ("memory_one(cc=1, cd=0, dc=0, dd=0)", "CCDCCC", "CCCDDD"),
    ],
)
def test_a_strategy_answers_as_its_story_says(spec: str, moves: str, expect: str):
    assert answers(spec, moves=moves) == expect


def test_generosity_forgives_a_third_of_the_defections_and_no_cooperation():
    assert rate("generous_tit_for_tat", after="CC") == 1
    assert rate("generous_tit_for_tat", after="CD") == pytest.approx(1 / 3, abs=0.024)  # 5 standard deviations
    assert rate("generous_tit_for_tat", after="DD") == pytest.approx(1 / 3, abs=0.024)


@pytest.mark.parametrize("after", SEEN)
def test_a_coin_does_not_look(after: str):
    assert rate("coin(0.8)", after=after) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("spec", ["grudger", "tit_for_two_tats"])
def test_memory_keeps_to_its_row_when_rows_come_in_another_order_or_not_at_all(spec: str):
    agent = strategy(spec, rows=3)
    agent.act(seen(["", "", ""], step=0))
    agent.act(seen(["CC", "CD", "CC"], step=1))  # row 1 is wronged
    assert agent.act(seen(["CC", "CD"], step=2, places=[2, 1])).tolist() == [0, 1]


@pytest.mark.parametrize("spec", ["grudger", "tit_for_two_tats"])
def test_a_question_asked_twice_is_one_question(spec: str):
    agent = strategy(spec)
    story = [("", 0), ("CD", 1), ("CD", 2), ("DC", 3), ("CC", 4)]
    asked = [[int(agent.act(seen([last], step=step))) for _ in range(3)] for last, step in story]
    once = strategy(spec)
    assert asked == [[int(once.act(seen([last], step=step)))] * 3 for last, step in story]


@pytest.mark.parametrize("spec", ["grudger", "tit_for_two_tats"])
def test_a_new_match_forgives_its_row_and_no_other(spec: str):
    agent = strategy(spec, rows=2)
    agent.act(seen(["CD", "CD"], step=1))
    agent.reset(torch.tensor([0, 7]), torch.tensor([5, 6]))  # row 7 is new, and makes the memory grow
    assert agent.act(seen(["CD"], step=2, places=[1])).tolist() == [1]
    if spec == "grudger":
        assert agent.act(seen(["", ""], step=0, places=[0, 7])).tolist() == [0, 0]
    else:
        assert agent.act(seen(["CD", "CD"], step=1, places=[0, 7])).tolist() == [0, 0]


@pytest.mark.parametrize("spec", ["tit_for_tat", "grudger", "coin"])
def test_other_games_are_refused(spec: str):
    pennies = GameSpec("matching_pennies", 1, "competitive", 2, 2, (1,), 1, (-1.0, 1.0), simultaneous=True)
    with pytest.raises(BadSpec, match=r"needs 'prisoners_dilemma'.*got 'matching_pennies'"):
        make_agent(spec, pennies)


def test_a_probability_is_at_most_one():
    with pytest.raises(BadSpec, match=r"cooperate must be a number from 0 up to 1, got 1\.5"):
        make_agent("coin(1.5)", DILEMMA)


def test_who_is_sure_draws_no_lot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance costs more than all else that a strategy does, and a certain answer needs none."""
    asked: list[int] = []
    drawn = chance.uniform

    def counted(seed: torch.Tensor, *path: torch.Tensor) -> torch.Tensor:
        asked.append(len(seed))
        return drawn(seed, *path)

    monkeypatch.setattr(chance, "uniform", counted)
    strategy("generous_tit_for_tat", rows=5).act(seen(["CC", "CD", "DC", "DD", ""], step=3))
    assert asked == [2]  # after CD and after DD


def test_a_view_that_is_none_lets_nobody_play_by_anothers_line() -> None:
    cooperator, defector = strategy("cooperator"), strategy("defector")
    stacker = cooperator.stacker()
    assert stacker is not None
    both = stacker([cooperator, defector])
    shown = replace(seen([""] * 4, step=1), member=torch.tensor([0, 1, 0, 1]))
    for view in (torch.zeros(4, 5), torch.ones(4, 5), -torch.ones(4, 5)):
        assert both.act(replace(shown, features=view)).tolist() == [0, 1, 0, 1]
