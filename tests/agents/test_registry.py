"""Names to agents: every built-in name loads, a spec's arguments arrive, and mistakes are said in words."""

from __future__ import annotations

import inspect

import pytest
import torch

from agents.core import Agent, FunctionAgent
from agents.registry import AGENTS, ANY, PLAYS, available_for, make_agent
from agents.scripted.throws import Biased
from games.errors import ArenaError, BadSpec, CannotLoad, UnknownName
from games.registry import GAMES, Spec
from tests.agents.scripted.test_uniform import rows

RPS = GAMES.make("rock_paper_scissors").spec


def always(observation, action=0):
    return torch.full_like(observation.row, action)


def needy(observation, action):
    return always(observation, action)


class Stranger:
    def __init__(self, game):
        self.game = game


@pytest.mark.parametrize("name", AGENTS.names())
def test_every_name_is_a_documented_agent(name: str):
    kind = AGENTS.find(Spec(name))
    assert issubclass(kind, Agent)
    assert inspect.getdoc(kind)


SPECS = {"fixed": "fixed(0)", "memory_one": "memory_one(1, 0, 0, 1)"}
GIVEN = {"matrix": "matrix([[1, -1], [-1, 1]])"}
# Games and agents that somebody else has made, and policies that were learned elsewhere: they have tests of their own.
OUTSIDE = {"chess", "openspiel", "pettingzoo", "uci", "axelrod", "process", "network", "module"}


@pytest.mark.parametrize("name", [name for name in PLAYS if name not in OUTSIDE])
def test_a_built_in_agent_plays_the_games_that_are_listed_with_it_and_no_others(name: str):
    for game in [game for game in GAMES.names() if game not in OUTSIDE]:
        rules = GAMES.make(GIVEN.get(game, game)).spec
        spec = SPECS.get(name, name) if name != "biased" else f"biased({[1] * rules.actions})"
        if PLAYS[name] == (ANY,) or game in PLAYS[name]:
            make_agent(spec, rules)
        else:
            with pytest.raises(ArenaError) as refused:
                make_agent(spec, rules)
            assert refused.value.exit_code == 2
            assert refused.value.hint


def test_what_can_join_is_listed_by_game():
    assert PLAYS.keys() == set(AGENTS.names()) == available_for().keys()
    assert list(available_for("chicken")) == [name for name in AGENTS.names() if {ANY, "chicken"} & {*PLAYS[name]}]
    assert available_for("two_step()")["qmix"] == list(PLAYS["qmix"])


def test_arguments_of_a_spec_reach_the_agent():
    agent = make_agent("biased([1, 2, 3])", RPS)
    assert isinstance(agent, Biased)
    assert agent.weights == (1, 2, 3)


def test_a_plain_function_is_an_agent_and_takes_arguments():
    agent = make_agent("tests.agents.test_registry:always(action=2)", RPS)
    assert isinstance(agent, FunctionAgent)
    assert agent.act(rows(torch.ones(3, 3, dtype=torch.bool))).tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("spec", "said", "hint"),
    [
        ("always(2)", "a function's arguments have names", "write tests.agents.test_registry:always(name=value)"),
        ("always(plies=2)", "unexpected keyword argument 'plies'", "always takes (action=0)"),
        ("always(observation=2)", "multiple values for argument 'observation'", "always takes (action=0)"),
        ("needy", "missing a required argument: 'action'", "needy takes (action)"),
    ],
)
def test_a_plain_function_must_take_what_its_spec_says(spec: str, said: str, hint: str):
    with pytest.raises(BadSpec, match=said) as refused:
        make_agent(f"tests.agents.test_registry:{spec}", RPS)
    assert refused.value.hint
    assert refused.value.hint.endswith(hint)


def test_the_seed_reaches_those_who_take_one():
    assert make_agent("tests.agents.planted:Honest", RPS, seed=5).seed == 5


def test_a_close_name_is_offered():
    with pytest.raises(UnknownName, match="no agent is called 'tit_for_tats'; did you mean 'tit_for_tat'"):
        make_agent("tit_for_tats", RPS)


def test_an_argument_that_is_not_taken_is_refused_with_those_that_are():
    with pytest.raises(BadSpec, match="minimax") as refused:
        make_agent("minimax(plies=3)", RPS)
    assert refused.value.hint == "minimax takes (depth: 'int' = 4)"


@pytest.mark.parametrize(("spec", "error"), [("no_such_module:Bot", CannotLoad), ("agents.core:NoSuch", CannotLoad)])
def test_what_cannot_be_loaded_is_said(spec: str, error: type[Exception]):
    with pytest.raises(error, match="cannot be loaded"):
        make_agent(spec, RPS)


def test_what_is_no_agent_is_refused():
    with pytest.raises(BadSpec, match=r"is a class, but none of agents\.core\.Agent"):
        make_agent("tests.agents.test_registry:Stranger", RPS)


@pytest.mark.parametrize(
    "spec",
    ["os:system('touch mark')", "shutil:rmtree", "module(\"os:system('touch mark')\")", "module('subprocess:Popen')"],
)
def test_what_is_pythons_own_is_not_called(spec: str, tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadSpec, match="Python's own"):
        make_agent(spec, RPS)
    assert not list(tmp_path.iterdir())


def test_a_module_makes_a_torch_module():
    with pytest.raises(BadSpec, match=r"none of torch\.nn\.modules\.module\.Module"):
        make_agent("module('tests.agents.test_registry:Stranger(1)')", RPS)
