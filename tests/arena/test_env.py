"""The league as gymnasium environments: what others' checkers ask, what a loop is told, and what it is refused."""

from __future__ import annotations

import builtins
import os
import sys
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from arena import League
from arena.errors import BadConfig, NotFound
from games.errors import ArenaError, BadSpec, MissingExtra

GAMES = (
    "tic_tac_toe",
    "kuhn_poker",
    "connect_four",
    "leduc_poker",
    "rock_paper_scissors",
    "speaker_listener",
    "prisoners_dilemma(rounds=5)",
    "tests.plugins.odd_games:Pile",
)
SCRIPT = Path(__file__).parents[2] / "examples" / "bot.py"
BOT = f"process({f'{sys.executable} -I -S {SCRIPT}'!r}, move_time=20.0)"


@pytest.fixture
def league(tmp_path: Path) -> League:
    league = League(tmp_path / "league.db")
    for game in ("tic_tac_toe", "kuhn_poker"):
        league.register(f"random-{game}", "uniform", game=game)
    league.register("seer", "minimax(depth=9)", game="tic_tac_toe")
    return league


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("game", GAMES)
def test_gymnasium_and_stable_baselines_find_nothing_wrong(league: League, game: str) -> None:
    league.register("somebody", "uniform", game=game)
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
    assert (info["opponent"], info["seat"]) == (met, 0)
    assert not info["action_mask"].any()
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        env.step(np.int64(0))
    assert env.reset()[1]["action_mask"].all()


@pytest.mark.parametrize("seat", [0, 1])
def test_a_seat_can_be_shown(league: League, seat: int) -> None:
    env = league.env("kuhn_poker", seat=seat, show_seat=True)
    seen, info = env.reset(seed=0)
    assert seen[-2:].tolist() == [float(seat == 0), float(seat == 1)]
    assert info["seat"] == seat


def test_a_seed_repeats_and_no_seed_goes_on(league: League) -> None:
    def course(seed: int | None, env: Any) -> list[float]:
        seen, _ = env.reset(seed=seed)
        return [float(number) for number in seen]

    env = league.env("kuhn_poker")
    first = [course(None if place else 5, env) for place in range(12)]
    again = [course(None if place else 5, env) for place in range(12)]
    assert first == again
    assert len({tuple(seen) for seen in first}) > 1


def test_nothing_is_played_before_the_first_reset(league: League) -> None:
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset first"):
        league.env("tic_tac_toe").step(np.int64(0))


def test_the_last_info_is_of_the_match_that_ended(league: League) -> None:
    env, opponents = league.env("tic_tac_toe", seat="rotate", opponents="uniform"), set()
    for seat in [0, 1] * 5:
        _, info = env.reset(seed=0 if not opponents else None)
        begun, over = (info["seat"], info["opponent"]), False
        while not over:
            _, _, over, _, info = env.step(np.int64(info["action_mask"].argmax()))
        assert (info["seat"], info["opponent"]) == begun
        assert info["seat"] == seat
        opponents.add(info["opponent"])
    assert len(opponents) == 2


@pytest.mark.parametrize("action", [4, np.int64(4), np.array(4), np.array([4])])
def test_an_action_may_come_as_learners_give_it(league: League, action: Any) -> None:
    env = league.env("tic_tac_toe", seat=0)
    env.reset(seed=0)
    assert env.step(action)[0][4] == 1.0
    with pytest.raises(BadConfig, match="an action for each of 1 board"):
        env.step(np.array([1, 2]))


def over(league: League, matches: int, **how: Any) -> set[str]:
    """Whom a learner meets that takes whatever is free."""
    env, met = league.env("tic_tac_toe", **how), set()
    for _ in range(matches):
        _, info = env.reset()
        met.add(info["opponent"])
        done = False
        while not done:
            _, _, done, _, info = env.step(np.int64(info["action_mask"].argmax()))
    env.close()
    return met


def test_who_is_suspended_is_not_met(league: League) -> None:
    league.register("bad", "tests.plugins.bad_bots:Saboteur(fault='crash')", game="tic_tac_toe", check=False)
    assert over(league, 40, opponents="uniform") == {"bad@1", "seer@1", "random-tic_tac_toe@1"}
    league.run_season("tic_tac_toe", rounds=1, games=6)
    assert set(league.suspended("tic_tac_toe")) == {"bad"}
    assert over(league, 40, opponents="uniform") == {"seer@1", "random-tic_tac_toe@1"}
    for name in ("seer", "random-tic_tac_toe"):
        league.retire(name)
    with pytest.raises(NotFound, match="is in the league but bad, suspended"):
        league.env("tic_tac_toe")
    league.reinstate("bad")
    assert league.env("tic_tac_toe").reset()[1]["opponent"] == "bad@1"


def test_a_program_runs_until_the_environment_is_closed(league: League) -> None:
    league.register("bot", BOT, game="rock_paper_scissors")
    before = children()
    env = league.env("rock_paper_scissors")
    env.reset(seed=1)
    assert children() - before
    env.close()
    deadline = time.monotonic() + 10
    while children() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not children() - before


def children() -> set[int]:
    """The processes that this one has begun."""
    return {int(number) for number in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def test_what_cannot_be_had_is_refused_with_its_cure(league: League, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound, match="nobody is there"):
        league.env("connect_four")
    with pytest.raises(BadSpec, match="nobody but the learner"):
        league.env("tic_tac_toe", opponents="latest")
    with pytest.raises(ArenaError, match="seat"):
        league.env("tic_tac_toe", seat=2)
    with pytest.raises(BadSpec, match="not a spec"):
        league.env("tic_tac_toe", opponents=["random"])  # type: ignore[arg-type]
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
