"""Many boards in one batch: what is told of a board is told of that one, and others' wrappers read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from arena import League
from arena.errors import BadConfig
from arena.vector_env import LeagueVectorEnv
from games.errors import BadSpec

GAME = "tic_tac_toe"


@pytest.fixture
def league(tmp_path: Path) -> League:
    league = League(tmp_path / "league.db")
    league.register("random", "uniform", game=GAME)
    league.register("seer", "minimax(depth=9)", game=GAME)
    return league


def some_legal(masks: Any, chance: np.random.Generator) -> Any:
    return (chance.random(masks.shape) * masks).argmax(1)


def test_boards_begin_anew_in_the_same_step(league: League) -> None:
    envs = league.vector_env(GAME, boards=6, seat=0)
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


def test_each_board_is_told_of_its_own_end(league: League) -> None:
    """Each board begins on another square. Some then take it again, and have lost; the others go on."""
    envs, squares, losers = league.vector_env(GAME, boards=9, seat=0, opponents="uniform"), np.arange(9), [1, 4, 8]
    _, before = envs.reset(seed=1)
    assert set(before["opponent"]) == {"random@1", "seer@1"}
    assert len({before["opponent"][board] for board in losers}) == 2  # or a mix-up would not show
    _, _, over, _, first = envs.step(squares)
    assert not over.any()
    assert "final_obs" not in first
    assert first["opponent"].tolist() == before["opponent"].tolist()
    free = first["action_mask"].argmax(1)
    seen, rewards, over, _, infos = envs.step(np.where(np.isin(squares, losers), squares, free))
    assert np.flatnonzero(over).tolist() == losers
    final = infos["final_info"]
    for board in range(9):
        lost = board in losers
        assert infos["_final_obs"][board] == infos["_final_info"][board] == final["_opponent"][board] == lost
        assert (infos["final_obs"][board] is None) != lost
        if not lost:
            assert seen[board, board] == 1.0
            assert infos["opponent"][board] == before["opponent"][board]
            assert final["opponent"][board] is None
            continue
        assert rewards[board] == -1.0
        assert infos["final_obs"][board][:9].tolist() == [float(square == board) for square in range(9)]
        assert not seen[board].any()
        assert final["opponent"][board] == before["opponent"][board]
        assert infos["opponent"][board] == envs.opponents.names[envs.boards.met(torch.tensor([board]))[0]]


def test_the_seat_that_is_shown_is_the_learners(league: League) -> None:
    league.register("bluffer", "uniform", game="kuhn_poker")
    envs, chance = league.vector_env("kuhn_poker", boards=8, show_seat=True), np.random.default_rng(0)
    seen, infos = envs.reset(seed=1)
    ends = 0
    for _ in range(20):
        assert seen[:, -2:].tolist() == np.eye(2)[infos["seat"]].tolist()
        held = infos["seat"]
        seen, _, over, _, infos = envs.step(some_legal(infos["action_mask"], chance))
        for board in np.flatnonzero(over):
            ends += 1
            assert infos["final_obs"][board][-2:].tolist() == np.eye(2)[held[board]].tolist()
            assert infos["final_info"]["seat"][board] == held[board]
    assert ends > 50


@pytest.mark.parametrize(
    "game", ["connect_four", "leduc_poker", "prisoners_dilemma(rounds=4)", "tests.plugins.odd_games:Pile"]
)
def test_others_wrappers_read_it(league: League, game: str) -> None:
    league.register("somebody", "uniform", game=game)
    plain = league.vector_env(game, boards=4)
    envs, chance = DictInfoToList(RecordEpisodeStatistics(plain)), np.random.default_rng(0)
    seen, infos = envs.reset(seed=1)
    for _ in range(60):
        assert plain.observation_space.contains(seen)
        masks = np.stack([info["action_mask"] for info in infos])
        seen, rewards, over, _, infos = envs.step(some_legal(masks, chance))
        assert rewards.shape == (4,)
        for board in np.flatnonzero(over):
            low, high = plain.boards.game.spec.return_range
            assert low <= infos[board]["episode"]["r"] <= high
            assert infos[board]["final_info"]["opponent"] == "somebody@1"
            assert plain.single_observation_space.contains(infos[board]["final_obs"])
    assert envs.env.episode_count > 4


def test_it_is_shown_where_that_was_asked_for(league: League) -> None:
    assert league.vector_env(GAME, boards=2).render() is None
    envs = league.vector_env(GAME, boards=2, render_mode="ansi")
    envs.reset(seed=1)
    assert [picture.count(".") for picture in envs.render()] == [9 - int(seat) for seat in envs.reset(seed=1)[1]["seat"]]
    for make in (league.env, league.vector_env):
        with pytest.raises(BadConfig, match="expected render_mode 'ansi' or None, got 'human'"):
            make(GAME, render_mode="human")


@pytest.mark.parametrize(
    ("actions", "says"),
    [
        (np.array([0.0, np.nan, 2.0]), "expected integers"),
        (np.array([0, 1]), r"expected shape \(3,\), got \(2,\)"),
        (np.array([[0], [1], [2]]), "expected shape"),
        (["a", "b", "c"], "expected integers"),
        (None, "expected integers"),
    ],
)
def test_actions_that_are_none_are_refused_and_nothing_is_played(league: League, actions: Any, says: str) -> None:
    envs = league.vector_env(GAME, boards=3, seat=0)
    envs.reset(seed=0)
    with pytest.raises(BadConfig, match=f"an action for each of 3 boards: .*{says}"):
        envs.step(actions)
    assert envs.action_masks().all()


def test_numbers_that_cannot_be_are_refused_with_their_bounds(league: League) -> None:
    with pytest.raises(BadSpec, match="boards must be a whole number from 1"):
        league.vector_env(GAME, boards=0)
    with pytest.raises(BadSpec, match="seed must be a whole number from 0"):
        league.vector_env(GAME, boards=2, seed=-1)
    envs = league.vector_env(GAME, boards=2)
    with pytest.raises(BadSpec, match="seed must be a whole number from 0"):
        envs.reset(seed=[1, 2])  # type: ignore[arg-type]


def test_nothing_is_played_before_the_first_reset(league: League) -> None:
    envs = league.vector_env(GAME, boards=2)
    for ask in (lambda: envs.step(np.zeros(2, int)), envs.action_masks):
        with pytest.raises(ResetNeeded, match="call reset first"):
            ask()


def closings(envs: LeagueVectorEnv) -> list[str]:
    """Notes from now on who is closed."""
    closed: list[str] = []
    for (spec, _), agent in envs.boards.roster._agents.items():
        agent.close = lambda spec=spec: closed.append(spec)  # type: ignore[method-assign, misc]
    return closed


def test_who_closes_it_lets_go_of_the_opponents_once(league: League) -> None:
    envs = league.vector_env(GAME, boards=8, opponents="uniform")
    closed = closings(envs)
    envs.close()
    envs.close()
    assert sorted(closed) == ["minimax(depth=9)", "uniform"]


@pytest.mark.parametrize("show_seat", [False, True])
def test_whatever_a_user_writes_on_changes_no_match(league: League, show_seat: bool) -> None:
    tidy, messy = (league.vector_env(GAME, boards=5, show_seat=show_seat) for _ in range(2))
    (seen, infos), (given, told) = tidy.reset(seed=4), messy.reset(seed=4)
    chance = np.random.default_rng(0)
    for _ in range(40):
        assert np.array_equal(seen, given)
        assert all(np.array_equal(infos[name], told[name]) for name in ("action_mask", "seat", "opponent"))
        actions = some_legal(infos["action_mask"], chance)
        for ours in (given, told["action_mask"], told["seat"]):
            ours[...] = 1
        told["opponent"][...] = "nobody"
        seen, rewards, over, cut, infos = tidy.step(actions.copy())
        given, *others, told = messy.step(actions)
        for mine, theirs in zip((rewards, over, cut), others, strict=True):
            assert np.array_equal(mine, theirs)
            theirs[...] = 1
        actions[...] = 0


def test_a_closed_environment_stays_closed(league: League) -> None:
    envs, env = league.vector_env(GAME, boards=2), league.env(GAME)
    envs.reset(seed=1)
    env.reset(seed=1)
    envs.close()
    env.close()
    asks = [envs.reset, envs.action_masks, envs.refresh, env.reset, env.action_masks, env.refresh]
    for ask in (*asks, lambda: envs.step(np.zeros(2, int)), lambda: env.step(np.int64(0))):
        with pytest.raises(ClosedEnvironmentError, match="open another"):
            ask()


def test_who_joins_is_met_in_all_matches_that_begin_after_a_refresh(league: League) -> None:
    envs, chance = league.vector_env(GAME, boards=16, opponents="uniform"), np.random.default_rng(0)
    _, infos = envs.reset(seed=1)
    for name in ("random", "seer"):
        league.register(f"other-{name}", "uniform", game=GAME)
        league.retire(name)
    envs.refresh()
    begun: list[str] = []
    while len(begun) < 80:
        *_, over, _, infos = envs.step(some_legal(infos["action_mask"], chance))
        begun += infos["opponent"][over].tolist()
    assert set(begun) == {"other-random@1", "other-seer@1"}


def test_a_refresh_takes_nobodys_turn(league: League) -> None:
    envs, chance = league.vector_env(GAME, boards=1, seat="rotate"), np.random.default_rng(0)
    _, infos = envs.reset(seed=1)
    seats = infos["seat"].tolist()
    while len(seats) < 8:
        envs.refresh()
        *_, over, _, infos = envs.step(some_legal(infos["action_mask"], chance))
        seats += infos["seat"][over].tolist()
    assert seats == [0, 1] * 4


def test_an_opponent_may_retire_while_its_matches_are_played(league: League) -> None:
    envs, chance = league.vector_env(GAME, boards=6), np.random.default_rng(0)
    _, infos = envs.reset(seed=1)
    league.retire("random")
    envs.refresh()
    for _ in range(60):
        *_, infos = envs.step(some_legal(infos["action_mask"], chance))
    assert set(infos["opponent"]) == {"seer@1"}
    met = {str(row.opponent): row.games for row in envs.opponents.lessons().met}
    assert met["random@1"] > 0
    assert met["seer@1"] > 0


def test_a_step_that_was_interrupted_is_not_gone_on_from(league: League, monkeypatch: pytest.MonkeyPatch) -> None:
    envs = league.vector_env("tic_tac_toe", boards=4)
    _, infos = envs.reset(seed=1)

    def struck(actions: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(envs.boards, "step", struck)
        with pytest.raises(KeyboardInterrupt):
            envs.step(infos["action_mask"].argmax(1))
    with pytest.raises(ResetNeeded, match="interrupted"):
        envs.step(infos["action_mask"].argmax(1))
    envs.reset()
    envs.step(envs.action_masks().argmax(1))
