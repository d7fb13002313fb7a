"""Exploitability of whoever is in a league, and of specs, as its user asks for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from torch import Tensor

from agents.core import Agent, Observation
from arena import League
from games.errors import ArenaError, CheckFailed, UnknownName
from games.tree import NotExact
from tests.arena.cli.conftest import typed


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> League:
    league = League(tmp_path_factory.mktemp("league") / "league.db")
    league.register("alice", "ppo(hidden=(8,))", game="kuhn_poker")
    league.register("solver", "cfr(iterations=20)", game="kuhn_poker")
    return league


def test_a_spec_is_judged_without_a_league(tmp_path: Path) -> None:
    found = League(tmp_path / "none.db").analyze.exploitability("kuhn_equilibrium", game="kuhn_poker")
    assert found.found.exploitability == pytest.approx(0, abs=1e-6)
    assert found.found.values == pytest.approx((-1 / 18, 1 / 18), abs=1e-6)


def test_a_checkpoint_is_judged_by_its_own_weights(league: League) -> None:
    found = league.analyze.exploitability("alice@1")
    as_new = league.analyze.exploitability("ppo(hidden=(8,))", game="kuhn_poker")
    assert found.agent == "alice@1"
    assert found.found.exploitability != as_new.found.exploitability, "alice began with a seed of her own"
    assert 0.3 < found.found.exploitability < 0.6
    assert league.analyze.exploitability("solver").found.exploitability < 0.02


@pytest.mark.parametrize("agent", ["commnet", "tarmac(gate=True)"])
def test_who_talks_to_its_team_is_judged_where_it_has_none(league: League, agent: str) -> None:
    found = league.analyze.exploitability(agent, game="kuhn_poker")
    assert 0 < found.found.exploitability < 1.2


@pytest.mark.parametrize(
    ("agent", "game", "error", "said"),
    [
        ("uniform", "connect_four", NotExact, "'connect_four' cannot be solved exactly"),
        ("unifrom", "kuhn_poker", UnknownName, "did you mean 'uniform'"),
        ("grudger", "prisoners_dilemma(rounds=2)", ArenaError, "Grudger does not tell"),
        ("tests.arena.test_best_response:Broken", "kuhn_poker", CheckFailed, "cannot tell its probabilities"),
    ],
)
def test_what_cannot_be_judged_is_said(league: League, agent: str, game: str | None, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        league.analyze.exploitability(agent, game=game)


class Broken(Agent):
    """Its probabilities raise."""

    def probabilities(self, observation: Observation) -> Tensor:
        raise ZeroDivisionError


def test_the_command_prints_a_table_or_json(league: League) -> None:
    shown = typed(league.path, "analyze", "exploitability", "uniform", "--game", "kuhn_poker")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.splitlines() == [
        "seat  against itself  a best response against it",
        "0            +0.1250                     +0.5000",
        "1            -0.1250                     +0.4167",
        "exploitability 0.4583, NashConv 0.9167: mean returns a match of kuhn_poker, exact",
    ]
    facts = json.loads(typed(league.path, "analyze", "exploitability", "solver", "--json").stdout)
    assert (facts["agent"], facts["game"], facts["exact"]) == ("solver@1", "kuhn_poker", True)
    assert facts["nash_conv"] == pytest.approx(2 * facts["exploitability"])
    refused = typed(league.path, "analyze", "exploitability", "uniform", "--game", "prisoners_dilemma")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: 'prisoners_dilemma' cannot be solved exactly: it hides")
