"""What was learned elsewhere: it joins as a checkpoint, is met and rated as others are, and its lessons are remembered."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from agents.core import Observation
from arena import League
from arena.errors import BadConfig
from arena.match import Checkpoint
from arena.tally import Count
from arena.vector_env import LeagueVectorEnv
from games.errors import BadSpec, CheckFailed
from tests.plugins.my_bots import leftmost

GAME = "tic_tac_toe"


class Residual(nn.Module):
    """A network that is more than layers that follow each other."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(18, width), nn.Linear(width, 9)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        hidden = self.into(seen)
        logits: torch.Tensor = self.out(hidden + hidden.tanh())
        return logits


def wrong(observation: Observation) -> torch.Tensor:
    """Plays what is taken."""
    return (~observation.legal).int().argmax(1)


GOOD = True


def moody(observation: Observation) -> torch.Tensor:
    return leftmost(observation) if GOOD else wrong(observation)


@pytest.fixture
def league(tmp_path: Path) -> League:
    league = League(tmp_path / "league.db")
    league.register("random", "uniform", game=GAME)
    return league


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    actions = np.int64(9)  # as a space of gymnasium's says it
    return nn.Sequential(nn.Linear(18, 16), nn.Tanh(), nn.Linear(16, actions))  # type: ignore[arg-type]


def play(envs: LeagueVectorEnv, steps: int = 12) -> None:
    chance, (_, infos) = np.random.default_rng(0), envs.reset(seed=1)
    for _ in range(steps):
        masks = infos["action_mask"]
        *_, infos = envs.step((chance.random(masks.shape) * masks).argmax(1))


def test_a_loop_of_training_snapshots_and_seasons(league: League) -> None:
    envs = league.vector_env(GAME, boards=16, learner="alice")
    play(envs)
    assert str(league.snapshot(network(), "alice", env=envs)) == "alice@1"
    envs.refresh()
    play(envs)
    assert str(league.snapshot(network(1), "alice", env=envs, parent="alice@1")) == "alice@2"

    alice = league.agent("alice")
    assert [row.steps for row in alice.checkpoints] == [192, 384]
    assert not alice.entrant.learns
    assert {str(draw.opponent) for draw in alice.draws} == {"random@1", "alice@1"}
    assert sum(draw.drawn for draw in alice.draws) == sum(draw.games for draw in alice.draws) > 0

    season = league.run_season(GAME, rounds=1, games=4)
    assert season.matches > 0
    assert len(league.agent("alice").checkpoints) == 2  # a season trains nobody who learns elsewhere
    board = league.leaderboard(GAME, every=True)
    assert {"alice@1", "alice@2", "random@1"} == {place.checkpoint for place in board.places}
    assert league.verify() == []
    assert list(league.verify_matches()) == []


def test_steps_are_counted_over_all_environments(league: League) -> None:
    for boards, taught in ((6, 72), (4, 120), (1, 132)):
        envs = league.vector_env(GAME, boards=boards, learner="alice")
        play(envs)
        with pytest.raises(BadSpec):
            league.snapshot(Residual(), "alice", env=envs)  # what is refused takes no lessons
        league.snapshot(network(boards), "alice", env=envs)
        assert league.agent("alice").checkpoints[-1].steps == taught
    play(envs)
    league.snapshot(network(), "alice", game=GAME)  # from elsewhere: nobody says how many
    assert [row.steps for row in league.agent("alice").checkpoints] == [72, 120, 132, 132]


def test_a_function_joins_by_its_name(league: League) -> None:
    envs = league.vector_env(GAME, boards=4, learner="lefty")
    play(envs)
    made = league.snapshot(leftmost, "lefty", env=envs)
    assert (str(made), made.spec, made.weights) == ("lefty@1", "tests.plugins.my_bots:leftmost", None)
    play(envs)
    assert league.snapshot(leftmost, "lefty", env=envs) == made  # there is nothing about it that could be new
    assert sum(draw.games for draw in league.agent("lefty").draws) > 0
    assert league.run_season(GAME, rounds=1, games=2).matches > 0
    assert league.spoiled(1) == {}
    assert league.verify() == []


def test_an_environment_is_of_one_game(league: League) -> None:
    env = league.env(GAME, learner="alice")
    with pytest.raises(BadConfig, match="one of tic_tac_toe, not of connect_four"):
        league.snapshot(network(), "alice", env=env, game="connect_four")
    assert str(league.snapshot(network(), "alice", env=env, game=GAME)) == "alice@1"


def test_nobody_is_given_what_another_has_met(league: League) -> None:
    env = league.env(GAME, learner="alice")
    with pytest.raises(BadConfig, match="the environment is alice's") as refused:
        league.snapshot(network(), "carl", env=env)
    assert "learner='carl'" in str(refused.value.hint)
    assert str(league.snapshot(network(), "Alice", env=env)) == "Alice@1"  # it is one name
    assert str(league.snapshot(network(), "carl", env=league.env(GAME))) == "carl@1"  # whose it is was not said


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("normal", [True, False])
def test_a_model_whose_observations_were_normalised_is_refused(league: League, normal: bool) -> None:
    vectors = pytest.importorskip("stable_baselines3.common.vec_env")
    ppo = pytest.importorskip("sb3_contrib").MaskablePPO
    env = league.env(GAME, learner="alice")
    model = ppo("MlpPolicy", vectors.VecNormalize(vectors.DummyVecEnv([lambda: env]), norm_obs=normal), device="cpu")
    if normal:
        with pytest.raises(BadSpec, match="normalised observations") as refused:
            league.snapshot(model, "alice", env=env)
        assert "norm_obs=False" in str(refused.value.hint)
    else:
        assert str(league.snapshot(model, "alice", env=env)) == "alice@1"


def test_a_suspended_self_is_not_met_and_forgets_nothing(league: League, monkeypatch: pytest.MonkeyPatch) -> None:
    envs = league.vector_env(GAME, boards=8, learner="moody", opponents="uniform")
    play(envs)
    league.snapshot(moody, "moody", env=envs)
    monkeypatch.setattr(sys.modules[__name__], "GOOD", False)
    league.run_season(GAME, rounds=1, games=6)
    assert set(league.suspended(GAME)) == {"moody"}
    again = league.vector_env(GAME, boards=8, learner="moody", opponents="uniform")
    assert set(again.reset(seed=0)[1]["opponent"]) == {"random@1"}
    assert {str(who) for who in again.opponents.encounters.tally.counts} == {"random@1"}


def test_what_was_met_is_remembered_by_the_next_environment(league: League) -> None:
    envs = league.vector_env(GAME, boards=16, learner="alice", opponents="uniform")
    play(envs, 40)
    told = sum(count.games for count in envs.opponents.encounters.tally.counts.values())
    league.snapshot(network(), "alice", env=envs)
    again = league.vector_env(GAME, boards=2, learner="alice")
    known = again.opponents.encounters.tally.counts
    assert {str(who) for who in known} == {"random@1"}
    assert sum(count.games for count in known.values()) >= told > 0


def known(league: League) -> Mapping[Checkpoint, Count]:
    return league.vector_env(GAME, boards=1, learner="alice").opponents.encounters.tally.counts


def test_what_two_environments_taught_adds_up(league: League) -> None:
    one, other = (league.vector_env(GAME, boards=4, learner="alice") for _ in range(2))
    play(one)
    league.snapshot(network(), "alice", env=one)
    games = sum(row.games for row in league.agent("alice").draws)  # of the latest lessons
    play(other, steps=20)
    league.snapshot(network(1), "alice", env=other)
    more = sum(row.games for row in league.agent("alice").draws)
    (count,) = (count for who, count in known(league).items() if who.agent == "random")
    assert count.games == pytest.approx(sum(0.99**age for age in range(games + more)))


@pytest.mark.parametrize("greedy", [False, True])
def test_a_snapshot_plays_as_the_policy_does(league: League, greedy: bool) -> None:
    policy = network()
    frozen = league.snapshot(policy, "alice", game=GAME, greedy=greedy)
    from agents.core import Observation, Policy
    from agents.registry import make_agent
    from agents.weights import unpack

    rules = league.game(GAME).spec
    made = make_agent(frozen.spec, rules)
    assert isinstance(made, Policy)
    seen = torch.rand(500, 2, 3, 3)
    rows = torch.arange(500)
    legal = torch.rand(500, 9) < 0.5
    legal[:, 0] = True
    observation = Observation(seen, legal, rows % 2, rows * 0, rows, rows, rows * 0)
    chances = made.frozen([unpack(league.weights("alice"))]).probabilities(observation)
    expected = policy(seen.flatten(1)).masked_fill(~legal, -torch.inf)
    if greedy:
        assert torch.equal(chances.argmax(1), expected.argmax(1))
        assert torch.equal(chances.amax(1), torch.ones(500, dtype=torch.float64))
    else:
        assert torch.allclose(chances, expected.double().softmax(1), atol=1e-6)


def approximate() -> nn.Module:
    """Layers whose names do not tell all of them, with weights that show it whatever was drawn."""
    made = nn.Sequential(nn.Linear(18, 4), nn.GELU("tanh"), nn.Linear(4, 9))
    for weight in made.parameters():
        weight.data *= 10
    return made


def test_any_module_joins_by_what_makes_it(league: League) -> None:
    made = league.snapshot(Residual(4), "bob", game=GAME, make="tests.arena.test_elsewhere:Residual(width=4)")
    assert made.spec == "module('tests.arena.test_elsewhere:Residual(width=4)')"
    assert league.run_season(GAME, rounds=1, games=2).matches > 0
    assert league.spoiled(1) == {}


@pytest.mark.parametrize(
    ("what", "error", "says"),
    [
        ({"policy": len}, BadSpec, "torch module"),
        ({"policy": lambda seen: seen.seat}, BadSpec, "cannot be found again by its name"),
        ({"policy": leftmost, "make": "tests.plugins.my_bots:leftmost"}, BadSpec, "'make' and 'greedy' are for torch"),
        ({"policy": leftmost, "greedy": True}, BadSpec, "'make' and 'greedy' are for torch"),
        ({"policy": wrong}, CheckFailed, "illegal"),
        ({"policy": approximate()}, BadSpec, "answers otherwise"),
        ({"policy": Residual()}, BadSpec, "layers alone"),
        ({"policy": nn.Linear(5, 9)}, BadSpec, r"\(2, 18\)"),
        ({"policy": nn.Linear(18, 4)}, BadSpec, r"logits \(2, 9\)"),
        (
            {"policy": nn.Sequential(nn.Linear(18, 4), nn.ReLU(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 9))},
            BadSpec,
            "layers",
        ),
        ({"policy": Residual(), "make": "tests.arena.test_elsewhere:Residual(width=5)"}, Exception, "shape"),
        ({"policy": Residual(), "make": "Residual"}, BadSpec, "must name a module"),
        ({"policy": network(), "game": None}, BadConfig, "environment"),
    ],
)
def test_what_cannot_be_made_again_is_refused_and_nothing_is_saved(
    league: League, what: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        league.snapshot(**{"name": "carol", "game": GAME, **what})
    assert [one.name for one in league.agents()] == ["random"]


def test_a_policy_that_is_not_finite_is_refused(league: League) -> None:
    broken = network()
    broken[0].weight.data[0, 0] = torch.nan
    with pytest.raises((CheckFailed, ValueError, Exception), match="finite"):
        league.snapshot(broken, "carol", game=GAME)
    assert [one.name for one in league.agents()] == ["random"]


def test_a_line_of_descent_does_not_fork(league: League) -> None:
    league.snapshot(network(), "alice", game=GAME)
    league.snapshot(network(1), "alice", game=GAME, parent="alice@1")
    with pytest.raises(BadConfig, match="alice@2, not alice@1"):
        league.snapshot(network(2), "alice", game=GAME, parent="alice@1")
    with pytest.raises(BadConfig, match="this policy is"):
        league.snapshot(nn.Linear(18, 9), "alice", game=GAME)
    with pytest.raises(BadConfig, match="this policy is"):
        league.snapshot(network(), "random", game=GAME)
    branch = league.snapshot(network(2), "alice-b", game=GAME, parent="alice@1")
    assert str(branch) == "alice-b@1"
    assert [one.name for one, _ in league.lineage("alice-b")] == ["alice", "alice-b"]
