"""Names to agents: every built-in name loads, a spec's arguments arrive, and mistakes are said in words."""

from __future__ import annotations

import inspect

import pytest
import torch

from agents.core import Agent, FunctionAgent
from agents.registry import AGENTS, make_agent
from agents.scripted.throws import Biased
from games.errors import BadSpec, CannotLoad, UnknownName
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
    with pytest.raises(BadSpec, match="makes a Stranger, not an agent"):
        make_agent("tests.agents.test_registry:Stranger", RPS)
