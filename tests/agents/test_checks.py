"""The shipped checks: the honest pass, and each planted fault is found and called by its name."""

from __future__ import annotations

import pytest

from agents.checks import check_agent, check_learner
from agents.core import Learner
from agents.registry import AGENTS
from games.errors import BadSpec, CheckFailed
from games.registry import GAMES, Spec
from tests.games.playing import PLAIN

DILEMMA, RPS, CONNECT_FOUR, KUHN = (
    GAMES.make(name) for name in ("prisoners_dilemma", "rock_paper_scissors", "connect_four", "kuhn_poker")
)


@pytest.mark.parametrize(
    ("fault", "game", "said"),
    [
        ("Rambler", CONNECT_FOUR, "global random state"),
        ("Moody", CONNECT_FOUR, "the same agent with the same seeds acts differently: .*% of the actions"),
        ("Veteran", DILEMMA, "a match depends on the one before"),
        ("Superstitious", CONNECT_FOUR, "depends on the number of its row"),
        ("Queuer", RPS, "depends on the order of the rows"),
        ("Follower", CONNECT_FOUR, "depends on the other rows"),
        ("Forgetful", DILEMMA, "memory is lost when other rows leave"),
        ("Absentminded", DILEMMA, "memory is lost when other rows begin"),
        ("Territorial", KUHN, "depends on the agent's other seats at its board"),
        ("Impatient", DILEMMA, "asked again at the same step"),
        ("Stubborn", DILEMMA, r"action 2 is not legal at seat 0, step 0: expected one of \[0, 1\]"),
        ("Stubborn", CONNECT_FOUR, r"action 2 is not legal .* expected one of \[0, 1, 3"),
        ("OneSided", RPS, "action -1 is not legal at seat 1"),
        ("Vague", RPS, r"expected \(24,\) int64, one action a row, got \(24,\) float32"),
        ("Lister", RPS, r"expected \(24,\) int64, one action a row, got a list"),
        ("Terse", RPS, r"expected \(24,\) int64, one action a row, got \(1,\) int64"),
        ("Vandal", RPS, "act changed the features that it was shown"),
        ("Fragile", RPS, r"act raised ZeroDivisionError: oh .* for 24 rows at seats \[0, 1\]"),
        ("Unready", RPS, r"reset raised ZeroDivisionError: oh"),
    ],
)
def test_a_fault_in_acting_is_found(fault: str, game, said: str):
    with pytest.raises(CheckFailed, match=said):
        check_agent(f"tests.agents.planted:{fault}", game)


@pytest.mark.parametrize(
    ("sin", "said"),
    [("crash", "act raised ZeroDivisionError"), ("illegal", "action 9 is not legal"), ("none", None)],
)
def test_who_need_not_repeat_itself_is_still_shown_all_there_is(sin: str, said: str | None):
    agent = f"tests.agents.planted:Whimsical({sin!r})"
    if said is None:
        assert not check_agent(agent, RPS)
    else:
        with pytest.raises(CheckFailed, match=said):
            check_agent(agent, RPS)


def test_an_honest_memory_passes():
    check_agent("tests.agents.planted:Counter", DILEMMA)


def test_a_taste_in_torchs_settings_passes():
    check_agent("tests.agents.planted:Opinionated", RPS)


@pytest.mark.parametrize("game", [RPS, DILEMMA, CONNECT_FOUR, GAMES.make("coordination")], ids=lambda game: game.spec.name)
def test_an_honest_learner_passes(game):
    check_learner("tests.agents.planted:Honest", game)


LEARNERS = {
    "ppo(hidden=(8,))": ["tic_tac_toe", "two_step", "tests.plugins.odd_games:Tug"],
    "dqn(hidden=(8,), warmup=20, batch=8)": ["tic_tac_toe", "two_step", "tests.plugins.odd_games:Tug"],
    "independent(hidden=(8,))": ["two_step"],
    "ppo(hidden=(8,), magnet='average', lag=3, anneal=500)": ["kuhn_poker"],
    "reinforce": ["rock_paper_scissors", "kuhn_poker"],
    "commnet(hidden=8)": ["tic_tac_toe", "levers(agents=20)", "tests.plugins.odd_games:Tug", "stag_hunt(rounds=3)"],
    "commnet(hidden=8, gate=True)": ["levers(agents=20)"],
    "tarmac(hidden=8)": ["kuhn_poker", "speaker_listener", "tests.plugins.odd_games:Tug", "channel"],
    "qmix(hidden=(8,), warmup=20, batch=8, reuse=0.5)": ["two_step", "levers(agents=20)", "channel", "coordination"],
    "qmix(hidden=(8,), warmup=20, batch=8, reuse=0.5, decay=0.6)": ["two_step"],
    "vdn(hidden=(8,), warmup=20, batch=8, reuse=0.5)": ["two_step", "speaker_listener", "coordination"],
}


@pytest.mark.parametrize(("spec", "game"), [(spec, game) for spec, games in LEARNERS.items() for game in games])
def test_every_learner_keeps_its_contract(spec: str, game: str):
    check_learner(spec, GAMES.make(game))


SMALL = {  # every learner, with little to compute
    **{name: f"{name}(hidden=(8,))" for name in ("ppo", "dqn", "independent", "qmix", "vdn")},
    **{name: f"{name}(hidden=8)" for name in ("commnet", "tarmac")},
    "reinforce": "reinforce",
}
SMALLER = {  # games that need arguments, or are larger than a lesson needs
    "openspiel": 'openspiel("kuhn_poker")',
    "matrix": "matrix([[1, 0], [0, 2]])",
    "levers": "levers(agents=20)",
    "hide_and_seek": "hide_and_seek(size=6, hiders=1, seekers=1, boxes=1, steps=6)",
    **{name: f"{name}(rounds=3)" for name in ("prisoners_dilemma", "stag_hunt", "chicken")},
}
PARTNERS = ("channel", "coordination", "levers", "speaker_listener", "two_step")  # cooperative, and all act at once


@pytest.mark.parametrize("game", [*SMALLER, *(name for name in PLAIN if name not in SMALLER)])
def test_every_learner_learns_every_game_or_refuses_it_in_a_sentence(game: str):
    rules = GAMES.make(SMALLER.get(game, game))
    for name, spec in SMALL.items():
        if name in ("qmix", "vdn") and game not in PARTNERS:
            with pytest.raises(BadSpec, match=f"{name} learns cooperative games in which all seats act at once, and"):
                check_learner(spec, rules)
        else:
            check_learner(spec, rules)


def test_no_learner_is_left_out():
    learners = {name for name in AGENTS.names() if issubclass(AGENTS.find(Spec(name)), Learner)}
    assert learners == {Spec.parse(spec).name for spec in LEARNERS} == SMALL.keys()


def test_team_mates_may_hear_each_other_but_not_the_other_team():
    tug = GAMES.make("tests.plugins.odd_games:Tug")
    check_agent("tests.agents.planted:Whisperer", tug)
    check_agent("tests.agents.planted:Whisperer", GAMES.make("two_step"))
    with pytest.raises(CheckFailed, match="depends on the agent's other seats"):
        check_agent("tests.agents.planted:Eavesdropper", tug)
    with pytest.raises(CheckFailed, match="depends on the other rows"):
        check_agent("tests.agents.planted:Follower", tug)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("Uniform", "makes a Uniform, not a learner"),
        ("Diverging", "learn answered loss=nan, expected a finite number"),
        ("Chatty", r"learn answered loss=tensor\(1.\), expected a finite number"),
        ("Poisoned", "after learn, 'liking' of the policy is not finite"),
        ("LivingPolicy", r"learning on changed what policy\(\) had given: 'liking' differ"),
        ("LivingState", r"learning on changed what state\(\) had given: 'speed' differ"),
        ("ForgetsSpeed", r"gone on, policy\(\) is not as if nothing had happened: 'liking' differ"),
        ("ForgetsToLoad", r"state\(\) is not what load_state was given: 'lessons' differ"),
        ("Keeps", "learning on changed what load_state was given: 'lessons', 'liking', 'speed' differ"),
        ("DeafToPolicies", r"policy\(\) is not what load_policy was given"),
        ("Credulous", "a policy without 'liking' was taken, expected BadWeights"),
        ("Startled", r"a policy without 'liking' raised KeyError: 'liking' .*, expected BadWeights"),
        ("FirstOnly", "two frozen policies in one agent: .* rows got another answer than alone"),
        ("Thawed", "a frozen agent acts differently after its learner has gone on"),
        ("BatchBound", "depends on the other rows"),
    ],
)
def test_a_fault_in_learning_is_found(fault: str, said: str):
    with pytest.raises(CheckFailed, match=said):
        check_learner(f"tests.agents.planted:{fault}", RPS)


def test_every_complaint_says_what_to_do():
    with pytest.raises(CheckFailed) as failed:
        check_agent("tests.agents.planted:Queuer", RPS)
    assert failed.value.hint == "keep memory by `observation.row`, not by position"
