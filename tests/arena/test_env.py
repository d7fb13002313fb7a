"""The league as gymnasium environments: what others' checkers ask, what a loop is told, and what it is refused."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from arena import League
from arena.errors import NotFound
from games.errors import ArenaError, BadSpec, MissingExtra


@pytest.fixture
def league(tmp_path: Path) -> League:
    league = League(tmp_path / "league.db")
    for game in ("tic_tac_toe", "kuhn_poker"):
        league.register(f"random-{game}", "uniform", game=game)
    league.register("seer", "minimax(depth=9)", game="tic_tac_toe")
    return league


@pytest.mark.filterwarnings("ignore:.*Box observation space.*")
@pytest.mark.parametrize("game", ["tic_tac_toe", "kuhn_poker"])
def test_gymnasium_and_stable_baselines_find_nothing_wrong(league: League, game: str) -> None:
    check_env(league.env(game, render_mode="ansi"))
    sb3 = pytest.importorskip("stable_baselines3.common.env_checker")
    sb3.check_env(league.env(game, show_seat=True))


def test_one_board_tells_its_course(league: League) -> None:
    env = league.env("tic_tac_toe", opponents="uniform", seat=0, render_mode="ansi")
    seen, info = env.reset(seed=1)
    assert seen.shape == env.observation_space.shape == (18,)
    assert info["action_mask"].all()
    assert info["seat"] == 0
    assert info["opponent"] in ("random-tic_tac_toe@1", "seer@1")
    met = info["opponent"]
    _, reward, over, _, info = env.step(np.int64(4))
    assert (reward, over) == (0.0, False)
    assert info["action_mask"].sum() == 7
    assert not env.action_masks()[4]
    assert "X" in env.render()
    _, reward, over, cut, info = env.step(np.int64(4))  # taken already: the match is lost
    assert (reward, over, cut) == (-1.0, True, False)
    assert info["opponent"] == met
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        env.step(np.int64(0))
    assert env.reset()[1]["action_mask"].all()


def test_many_boards_begin_anew_in_the_same_step(league: League) -> None:
    envs = league.vector_env("tic_tac_toe", boards=6, seat=0)
    assert envs.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    seen, infos = envs.reset(seed=3)
    assert seen.shape == envs.observation_space.shape == (6, 18)
    envs.step(np.full(6, 4))
    seen, rewards, over, cut, infos = envs.step(np.full(6, 4))
    assert rewards.tolist() == [-1.0] * 6
    assert over.all()
    assert not cut.any()
    assert infos["action_mask"].all()
    assert not seen.any()
    assert all(final[4] or final[13] for final in infos["final_obs"])
    assert infos["_final_obs"].all()
    assert envs.action_masks().shape == (6, 9)


def test_a_seat_can_be_shown(league: League) -> None:
    env = league.env("kuhn_poker", seat=1, show_seat=True)
    seen, _ = env.reset(seed=0)
    assert seen[-2:].tolist() == [0.0, 1.0]


def test_a_seed_repeats_and_no_seed_goes_on(league: League) -> None:
    def course(seed: int | None, env: Any) -> list[float]:
        seen, _ = env.reset(seed=seed)
        return [float(number) for number in seen]

    env = league.env("kuhn_poker")
    first = [course(None if place else 5, env) for place in range(12)]
    again = [course(None if place else 5, env) for place in range(12)]
    assert first == again
    assert len({tuple(seen) for seen in first}) > 1


def test_what_cannot_be_had_is_refused_with_its_cure(league: League, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound, match="nobody is there"):
        league.env("connect_four")
    with pytest.raises(BadSpec, match="nobody but the learner"):
        league.env("tic_tac_toe", opponents="latest")
    with pytest.raises(ArenaError, match="seat"):
        league.env("tic_tac_toe", seat=2)
    with pytest.raises(ArenaError, match="pfps"):
        league.env("tic_tac_toe", opponents="pfps")
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "gymnasium":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra) as missing:
        league.env("tic_tac_toe")
    assert "arena-league[gym]" in str(missing.value.hint)
