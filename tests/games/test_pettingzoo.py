"""PettingZoo's environments as games: turns and all at once, masks, teams, early leavers, and copies by playing again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from games.checks import check_game
from games.errors import ArenaError, BadSpec, CannotLoad, CheckFailed, MissingExtra
from games.outside import OutsideFault, entries
from games.pettingzoo import pettingzoo
from games.registry import GAMES
from tests.games.playing import at_random
from tests.plugins import my_envs

CLASSIC = {  # what each pays at most
    "connect_four_v3": 1,
    "tictactoe_v3": 1,
    "leduc_holdem_v4": 10,
    "texas_holdem_v4": 50,
    "texas_holdem_no_limit_v6": 200,
}
TEAMS = {"cat": 0, "mouse_0": 1, "mouse_1": 1}


@pytest.mark.parametrize("name", CLASSIC)
def test_a_classic_environment_keeps_the_contract(name: str) -> None:
    check_game(pettingzoo(f"pettingzoo.classic:{name}", return_range=(-CLASSIC[name], CLASSIC[name])), seeds=range(3))


def test_classics_with_options_keep_the_contract() -> None:
    rps = pettingzoo("pettingzoo.classic:rps_v2", return_range=(-4, 4), options={"max_cycles": 4})
    assert rps.spec.simultaneous
    check_game(rps, seeds=range(3))
    check_game(pettingzoo("pettingzoo.classic:go_v5", options={"board_size": 3}), seeds=range(2))
    hanabi = {"colors": 2, "ranks": 2, "hand_size": 2, "max_life_tokens": 1}
    check_game(
        pettingzoo("pettingzoo.classic:hanabi_v5", flavour="cooperative", return_range=(-9, 9), options=hanabi),
        seeds=range(2),
    )


@pytest.mark.parametrize(
    "text",
    [
        'pettingzoo("tests.plugins.my_envs:Nim")',
        'pettingzoo("tests.plugins.my_envs:Auction", flavour="mixed", return_range=(-3, 4))',
        f'pettingzoo("tests.plugins.my_envs:tag", return_range=(-12, 12), teams={TEAMS})',
    ],
)
def test_a_users_environment_keeps_the_contract(text: str) -> None:
    check_game(GAMES.make(text))


def played(game: Any, boards: int) -> Any:
    state = game.reset(torch.arange(boards))
    while not state.done.all():
        state = game.step(state, at_random(state))
    return state


@pytest.mark.parametrize("make", [my_envs.Nim, my_envs.Auction])
def test_returns_are_what_the_usual_loop_of_turns_adds_up(make: Any) -> None:
    game = pettingzoo(f"tests.plugins.my_envs:{make.__name__}", flavour="mixed", return_range=(-3, 4))
    state = played(game, 20)
    for board in range(20):
        env, actions = make(), iter(entries(game.world(state, board).history))
        env.reset(seed=game.env_seed(board))
        paid = dict.fromkeys(env.possible_agents, 0.0)
        for agent in env.agent_iter():
            _, reward, ended, cut, _ = env.last()
            paid[agent] += reward
            env.step(None if ended or cut else next(actions) + int(env.action_space(agent).start))
        assert state.returns[board].tolist() == list(paid.values())


def test_all_at_once_who_is_out_passes_and_is_not_heard() -> None:
    game = GAMES.make(f'pettingzoo("tests.plugins.my_envs:Tag", return_range=(-12, 12), teams={TEAMS})')
    assert game.spec.team_of == (0, 1, 1)
    assert game.spec.simultaneous
    assert game.spec.observation == (3,)  # what mice see is filled up
    state, out = game.reset(torch.arange(60)), 0
    while not state.done.all():
        assert state.to_act[~state.done].all()
        passing = state.legal[~state.done].sum(2) == 1
        assert state.legal[~state.done][passing][:, 0].all()
        out += int(passing.sum())
        state = game.step(state, at_random(state))
    assert out > 0
    assert torch.equal(state.returns[:, 0] > 0, state.returns[:, 1] + state.returns[:, 2] < 0)


def test_actions_that_start_elsewhere_are_counted_from_0_and_masks_may_be_in_the_info() -> None:
    game = pettingzoo("tests.plugins.my_envs:Nim", options={"sticks": 4})
    state = game.reset(torch.arange(30))
    left = game.observe(state, torch.zeros(30, dtype=torch.int64))[:, 0, 0].long()
    assert set(left.tolist()) == {2, 3, 4}
    assert state.legal[:, 0].sum(1).tolist() == left.clamp(max=3).tolist()
    after = game.step(state, torch.ones(30, 2, dtype=torch.int64))  # everybody takes two
    assert torch.equal(after.done, left == 2)
    assert after.returns[left == 2].tolist() == [[1.0, -1.0]] * int((left == 2).sum())


def test_a_module_inside_a_package_is_an_environment_as_its_readers_import_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "sticks_and_stones"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "nim_v1.py").write_text("from tests.plugins.my_envs import Nim as env\n", encoding="utf-8")
    (package / "poor_v1.py").write_text("import sticks_and_bones\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert pettingzoo("sticks_and_stones:nim_v1").spec.name == "pettingzoo.nim_v1"
    with pytest.raises(CannotLoad, match="No module named 'sticks_and_bones'"):
        pettingzoo("sticks_and_stones:poor_v1")
    with pytest.raises(CannotLoad, match="has no attribute 'nim_v2'"):
        pettingzoo("sticks_and_stones:nim_v2")
    with pytest.raises(BadSpec) as refused:
        pettingzoo("sticks_and_stones.nim_v1")
    assert refused.value.hint == "write pettingzoo('sticks_and_stones:nim_v1')"


def test_an_environment_draws_itself_where_it_can_and_is_told_in_words_where_not() -> None:
    nim = pettingzoo("tests.plugins.my_envs:Nim")
    assert set(nim.render(nim.reset(torch.arange(1)))) == {"|"}
    auction = pettingzoo("tests.plugins.my_envs:Auction", flavour="mixed", return_range=(-3, 4))
    assert auction.render(auction.reset(torch.arange(1))).splitlines() == ["ann: 0 <- to act", "bob: 0", "cid: 0"]


def test_an_earlier_moment_is_played_up_to_again() -> None:
    game = pettingzoo("tests.plugins.my_envs:Nim")
    first = game.reset(torch.arange(8))
    one, two, three = (game.step(first, torch.full((8, 2), take)) for take in range(3))
    again = game.step(first, torch.zeros(8, 2, dtype=torch.int64))
    for field in ("legal", "returns", "done", "history", "shown"):
        assert torch.equal(getattr(one, field), getattr(again, field))
    assert not torch.equal(one.shown, two.shown)
    assert not torch.equal(two.shown, three.shown)


def test_an_environment_that_cannot_be_copied_says_so_where_a_copy_is_needed() -> None:
    game = pettingzoo("tests.plugins.my_envs:Moody")
    state = game.reset(torch.arange(2))
    game.step(state, torch.zeros(2, 2, dtype=torch.int64))  # without a copy all is well
    with pytest.raises(OutsideFault, match="cannot be copied") as raised:
        game.step(state, torch.ones(2, 2, dtype=torch.int64))
    assert "take all of its chance from the seed" in str(raised.value)
    with pytest.raises(CheckFailed):
        check_game(game)


@pytest.mark.parametrize(
    ("spec", "error", "cause"),
    [
        ('pettingzoo("tests.plugins.my_envs:Continuous")', BadSpec, "numbered one by one"),
        ('pettingzoo("tests.plugins.my_envs:Solo")', BadSpec, "2 to 10 agents"),
        ('pettingzoo("tests.plugins.my_envs:Forgetful")', BadSpec, "not the same again"),
        ('pettingzoo("tests.plugins.my_envs:random")', BadSpec, "is a module, and has neither"),
        (
            'pettingzoo("tests.plugins.my_envs:Secretive")',
            OutsideFault,
            "has 'mouse_0' among its agents, and shows it",
        ),
        ('pettingzoo("tests.plugins.my_envs:Haunted")', OutsideFault, "has 'ghost' among its agents, who is none of its"),
        (
            'pettingzoo("tests.plugins.my_envs:Unfinished")',
            BadSpec,
            "does not play as PettingZoo's environments do: Key",
        ),
        ('pettingzoo("tests.plugins.my_bots:leftmost")', BadSpec, "cannot be made"),
        ('pettingzoo("collections:Counter")', BadSpec, "Python's own"),
        ('pettingzoo("os:system", options={"command": "exit 1"})', BadSpec, "Python's own"),
        ('pettingzoo("tests.plugins.my_bots:Moody")', BadSpec, "none of pettingzoo"),
        ('pettingzoo("tests.plugins.my_envs:Nim", options=3)', BadSpec, "options are names and values"),
        ('pettingzoo("tests.plugins.my_envs:Nim", options={"stones": 3})', BadSpec, "unexpected keyword argument 'stones'"),
        ('pettingzoo("tests.plugins.my_envs:Nim", teams={"first": 0})', BadSpec, "each agent, 'first', 'second'"),
        ('pettingzoo("tests.plugins.my_envs:Nim", flavour="sweet")', BadSpec, "must be one of"),
        ('pettingzoo("tests.plugins.my_envs:Nim", return_range=3)', BadSpec, "must be .lowest, highest."),
        ('pettingzoo("connect_four")', BadSpec, "module:env"),
        ('pettingzoo("pettingzoo.classic:conect_four")', CannotLoad, "conect_four"),
        ('pettingzoo("pettingzoo.classic:connectfour_v3")', CannotLoad, "did you mean 'connect_four_v3'"),
        ('pettingzoo("tests.plugins.my_envs:Nimm")', CannotLoad, "did you mean 'Nim'"),
        ('pettingzoo("nowhere:Env")', CannotLoad, "nowhere"),
    ],
)
def test_what_a_league_cannot_play_is_refused_with_a_cause(spec: str, error: type[ArenaError], cause: str) -> None:
    with pytest.raises(error, match=cause):
        GAMES.make(spec)


def test_a_module_whose_neighbour_is_the_environment_is_met_with_that_one() -> None:
    with pytest.raises(BadSpec) as refused:
        pettingzoo("pettingzoo.classic:connect_four")
    assert refused.value.hint == 'write pettingzoo("pettingzoo.classic:connect_four_v3")'


@pytest.mark.parametrize(
    "target",
    [
        "tests.plugins.my_envs:Nim",
        "tests.plugins.my_envs:tag",
        "pettingzoo.classic:connect_four_v3",
        "pettingzoo.classic.connect_four_v3:env",
        "pettingzoo.classic.connect_four_v3:raw_env",
    ],
)
def test_who_names_an_environment_as_a_game_is_told_to_wrap_it(target: str) -> None:
    with pytest.raises((BadSpec, CannotLoad)) as refused:
        GAMES.make(target)
    assert refused.value.hint == f'it is PettingZoo\'s, so write pettingzoo("{target}")'


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ("from pettingzoo import AECEnv\ndef env() -> AECEnv: ...", True),
        ("from pettingzoo.classic.connect_four_v3 import env", True),
        ("from pettingzoo import AECEnv\nenv = {}", False),
        ("from pettingzoo import AECEnv", False),
        ("def env(): ...", False),
        ("from shutil import which as env", False),
    ],
)
def test_a_module_is_pettingzoos_where_it_can_make_an_environment_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, is_one: bool
) -> None:
    package = tmp_path.name
    (tmp_path / package).mkdir()
    (tmp_path / package / "mine.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(CannotLoad) as refused:
        GAMES.make(f"{package}:mine")
    assert refused.value.cause.endswith("is a module, not something that makes a game")
    assert refused.value.hint == (f'it is PettingZoo\'s, so write pettingzoo("{package}:mine")' if is_one else None)


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ('pettingzoo("tests.plugins.my_envs:Generous")', "paid .* 3, beyond the declared -1 to 1"),
        ('pettingzoo("tests.plugins.my_envs:Generous", return_range=(-3, 3))', "paid its two seats 2 in all instead of 0"),
    ],
)
def test_a_game_that_is_not_as_it_was_declared_is_caught_with_the_cure(spec: str, cause: str) -> None:
    game = GAMES.make(spec)
    with pytest.raises(OutsideFault, match=cause) as raised:
        played(game, 8)
    assert "=" in str(raised.value)


def test_the_cure_of_what_is_missing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymunk", None)
    with pytest.raises(MissingExtra) as raised:
        pettingzoo("pettingzoo.butterfly:pistonball_v6")
    assert raised.value.hint == "pip install 'pettingzoo[butterfly]'"
    monkeypatch.setitem(sys.modules, "pettingzoo", None)
    with pytest.raises(MissingExtra) as raised:
        pettingzoo("tests.plugins.my_envs:Nim")
    assert raised.value.hint == "pip install 'arena-league[pettingzoo]'"
