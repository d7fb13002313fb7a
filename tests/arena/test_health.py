"""The health game: who cannot play, cannot be made or cannot learn is told so, before anything is saved."""

from __future__ import annotations

import pytest

from agents.core import Learner
from agents.errors import BadWeights
from agents.registry import make_agent
from agents.weights import pack, unpack
from arena.health import examine
from games.core import Game
from games.errors import ArenaError, CheckFailed, UnknownName
from games.registry import GAMES
from tests.plugins.odd_games import Alone, Cursed, Pile

BOARD: Game = GAMES.make("tic_tac_toe")
PPO = "ppo(hidden=(8,))"


def learner(spec: str = PPO, seed: int = 0) -> Learner:
    made = make_agent(spec, BOARD.spec, seed=seed)
    assert isinstance(made, Learner)
    return made


def test_a_bot_plays_itself_twice_on_the_same_seeds() -> None:
    newcomer = examine("tactician", BOARD, seed=0)
    assert (newcomer.learns, newcomer.state, newcomer.policy) == (False, None, None)
    assert (newcomer.health.games, newcomer.health.deterministic) == (4, True)
    assert 10 <= newcomer.health.moves <= 18
    assert str(newcomer.health).startswith("4 games: 0 illegal moves, ")
    assert str(newcomer.health).endswith("a move, deterministic")


@pytest.mark.parametrize("spec", [PPO, "dqn(hidden=(8,))", "tests.agents.planted:Honest"])
def test_a_learner_is_taken_in_as_it_began_not_as_it_played(spec: str) -> None:
    newcomer = examine(spec, BOARD, seed=7)
    assert newcomer.learns
    assert newcomer.state == pack(learner(spec, 7).state())
    assert newcomer.policy == pack(learner(spec, 7).policy())
    assert examine(spec, BOARD, seed=7, play_games=False).policy == newcomer.policy
    assert examine(spec, BOARD, seed=8, play_games=False).policy != newcomer.policy


def test_a_learner_may_begin_with_weights() -> None:
    given = pack(learner(seed=3).policy())
    newcomer = examine(PPO, BOARD, seed=7, policy=given)
    assert newcomer.policy == given
    assert newcomer.state is not None
    again = learner(seed=7)
    again.load_state(unpack(newcomer.state))
    assert pack(again.policy()) == given


def test_three_may_play() -> None:
    assert examine("uniform", Pile(), seed=0).health.moves > 0


def test_moods_are_noticed_and_allowed() -> None:
    health = examine("tests.plugins.bad_bots:Restless", BOARD, seed=0).health
    assert not health.deterministic
    assert "NOT deterministic" in str(health)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("tests.agents.planted:Fragile", r"forfeit\(crash\): ZeroDivisionError: oh"),
        ("tests.agents.planted:Unready", r"forfeit\(crash\): ZeroDivisionError: oh"),
        ("tests.agents.planted:Stubborn", r"forfeit\(illegal\): action 2 is not legal"),
        ("tests.agents.planted:OneSided", r"forfeit\(illegal\): action -1 is not legal"),
        ("tests.agents.planted:Vague", r"forfeit\(invalid\): expected integers, got torch.float32"),
        ("tests.plugins.bad_bots:Broken", "cannot be made: FileNotFoundError: no engine"),
        ("tests.plugins.bad_bots:Paralysed", r"forfeit\(crash\): ZeroDivisionError: cannot move"),
        ("tests.plugins.bad_bots:Unteachable", "cannot learn from a game: SystemExit: no more lessons"),
        ("tests.plugins.bad_bots:Stateless", "cannot be frozen: NotImplementedError"),
    ],
)
def test_who_is_not_fit_to_play_is_told_why(spec: str, said: str) -> None:
    with pytest.raises(ArenaError, match=said) as failed:
        examine(spec, BOARD, seed=0)
    assert repr(spec) in failed.value.cause
    assert failed.value.hint


def test_broken_rules_are_not_blamed_on_the_agent() -> None:
    rules = Cursed("reset")
    assert examine("uniform", rules, seed=0).health.games == 4  # it plays the seeds 1 and 2
    rules._curse = lambda where, seeds: 1 / 0  # type: ignore[method-assign, assignment, return-value]
    with pytest.raises(CheckFailed, match="by no fault of its own: the rules raised ZeroDivisionError") as refused:
        examine("uniform", rules, seed=0)
    assert "arena games check" in str(refused.value.hint)


def test_weights_must_be_the_learner_s_own() -> None:
    other = pack(learner("ppo(hidden=(9,))").policy())
    with pytest.raises(BadWeights, match="another shape"):
        examine(PPO, BOARD, seed=0, policy=other)
    with pytest.raises(BadWeights, match="truncated"):
        examine(PPO, BOARD, seed=0, policy=other[:100])
    with pytest.raises(ArenaError, match="plays by no weights, so it takes none"):
        examine("uniform", BOARD, seed=0, policy=other)


def test_a_spec_that_names_nothing_is_asked_back() -> None:
    with pytest.raises(UnknownName, match="did you mean 'uniform'"):
        examine("unifrom", BOARD, seed=0)


@pytest.mark.parametrize("play_games", [True, False])
def test_a_game_for_one_is_no_game_of_a_league(play_games: bool) -> None:
    with pytest.raises(CheckFailed, match="needs at least 2 seats, 'tic_tac_toe' has 1"):
        examine("uniform", Alone(), seed=0, play_games=play_games)


def test_twins_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    from agents.scripted.uniform import Uniform

    closed: list[Uniform] = []
    monkeypatch.setattr(Uniform, "close", lambda self: closed.append(self))
    examine("uniform", BOARD, seed=0)
    assert len(set(closed)) == 2
