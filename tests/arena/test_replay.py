"""Replays: a tape played again is the match, whatever the game, and one changed number is found and named."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from agents.registry import make_agent
from arena.match import Checkpoint, Match, Result
from arena.replay import Replay, verify
from arena.runner import Cast, play
from games.core import Game
from games.errors import CheckFailed
from games.registry import GAMES
from tests.games.playing import PLAIN
from tests.plugins.odd_games import Cursed

EVERY_GAME = [
    *PLAIN,
    "matrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])",
    "tests.plugins.odd_games:Pile",
    "tests.plugins.odd_games:Weather",
    'openspiel("leduc_poker")',
    'openspiel("goofspiel(num_cards=4,players=3)")',
    'pettingzoo("tests.plugins.my_envs:Nim")',
    'pettingzoo("tests.plugins.my_envs:tag", return_range=(-12, 12), teams={"cat": 0, "mouse_0": 1, "mouse_1": 1})',
]


def results(text: str, *, agent: str = "uniform", boards: int = 40) -> tuple[Game, list[Result]]:
    game: Game = GAMES.make(text)
    who = Checkpoint.make(agent, 1, spec=agent)
    matches = [Match(place, 1000 + place, (who,) * game.spec.seats) for place in range(boards)]
    return game, list(play(game, matches, Cast([make_agent(agent, game.spec)], {who: (0, 0)})).results)


@pytest.mark.parametrize("text", EVERY_GAME)
def test_every_game_replays_as_it_was_played(text: str) -> None:
    game, played = results(text)
    assert verify(game, played) == [None] * len(played)
    assert [Replay(game, result).verify() for result in played[:3]] == [None] * 3


@pytest.mark.parametrize("text", EVERY_GAME)
def test_frames_and_pictures_tell_the_match_from_the_first_state_to_the_last(text: str) -> None:
    game, (result, *_) = results(text, boards=1)
    replay = Replay(game, result)
    frames = list(replay.frames())
    assert [frame.step for frame in frames] == list(range(result.steps + 1))
    assert frames[-1].returns == result.returns
    assert set(frames[0].moves) == {None}
    assert sum(move is not None for frame in frames for move in frame.moves) == len(result.tape)
    assert all(frame.text.strip() for frame in frames[:-1])
    assert [bool(state.done) for state in replay.states()] == [False] * result.steps + [True]
    assert all(replay.svg(step).startswith("<svg") for step in (0, result.steps))


def test_frames_speak_the_game_s_notation() -> None:
    game: Game = GAMES.make("tic_tac_toe")
    moves = bytes([4, 0, 2, 8, 6])  # the centre and two corners: a diagonal
    frames = list(Replay(game, Result(Match(0, 0, ()), (1.0, -1.0), 5, moves)).frames())
    assert [frame.moves for frame in frames[1:]] == [("b2", None), (None, "a3"), ("c3", None), (None, "c1"), ("a1", None)]
    assert frames[-1].text.splitlines() == ["3 O . X", "2 . X .", "1 X . O", "  a b c"]


PLANTED: dict[str, tuple[Callable[[Result], Result], str]] = {
    "another action": (lambda one: one._replace(tape=bytes([(one.tape[0] + 1) % 7]) + one.tape[1:]), r"."),
    "an illegal action": (lambda one: one._replace(tape=one.tape[:-1] + bytes([99])), "illegal action"),
    "other returns": (lambda one: one._replace(returns=one.returns[::-1]), r"recorded returns \(.*\), replayed \("),
    "fewer steps": (lambda one: one._replace(steps=one.steps - 1), r"recorded \d+ steps, replayed \d+"),
    "a fault": (
        lambda one: one._replace(faults=(None, "crash")),
        r"recorded forfeits \[False, True\], replayed \[F",
    ),
    "a cut tape": (lambda one: one._replace(tape=one.tape[:-1]), "too short"),
    "no tape": (lambda one: one._replace(tape=b""), "too short"),
    "a longer tape": (lambda one: one._replace(tape=one.tape + b"\0"), "too long"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_change_is_named_and_its_neighbours_stay_clean(planted: str) -> None:
    change, expected = PLANTED[planted]
    game, played = results("connect_four", boards=60)
    decided = next(place for place, result in enumerate(played) if result.returns[0])
    played[decided] = change(played[decided])
    verdicts = verify(game, played)
    found = verdicts.pop(decided)
    assert found is not None
    assert re.search(expected, found)
    assert set(verdicts) == {None}


def test_another_action_anywhere_in_any_game_of_boards_is_noticed() -> None:
    """Not each: where the rest plays out to the same end the change is the digest's to find. But hardly any do."""
    game, played = results("tic_tac_toe", boards=200)
    changed = [one._replace(tape=one.tape[:-1] + bytes([(one.tape[-1] + 1) % 9])) for one in played]
    assert sum(verdict is None for verdict in verify(game, changed)) < 20


def test_another_seed_is_another_match() -> None:
    game, played = results("prisoners_dilemma(noise=0.5)", boards=200)
    moved = [one._replace(match=one.match._replace(seed=one.match.seed + 1)) for one in played]
    assert sum(verdict is not None for verdict in verify(game, moved)) > 180


@pytest.mark.parametrize("text", ["tic_tac_toe", "connect_four", "prisoners_dilemma", "rock_paper_scissors", "kuhn_poker"])
def test_forfeits_replay_as_forfeits(text: str) -> None:
    game, played = results(text, agent="tests.agents.planted:Fragile", boards=4)
    assert {str(result.ending) for result in played} == {"forfeit(crash)"}
    assert verify(game, played) == [None] * 4
    last = list(Replay(game, played[0]).frames())[-1]
    assert "forfeit" in last.moves
    innocent = played[0]._replace(faults=())
    assert str(verify(game, [innocent])[0]).startswith("recorded forfeits [False, False], replayed [True")


def test_a_forfeit_is_written_in_one_way_only() -> None:
    game, (result,) = results("tic_tac_toe", agent="tests.agents.planted:Fragile", boards=1)
    assert result.tape == b"\xff"
    for other in (b"\xfe", bytes([77])):
        assert "illegal action" in str(verify(game, [result._replace(tape=other)])[0])


def test_a_void_match_agrees_and_cannot_be_seen() -> None:
    game, played = results("tic_tac_toe", boards=3)
    void = Result(played[0].match, (), 0, b"", void="rules: IndexError")
    assert verify(game, [played[0], void, played[2]]) == [None] * 3
    assert verify(game, [void]) == [None]
    assert verify(game, []) == []
    with pytest.raises(CheckFailed, match=r"void match has no tape.*IndexError"):
        list(Replay(game, void).frames())


def test_rules_that_raise_now_are_named_for_their_matches_alone() -> None:
    _, played = results("tic_tac_toe", boards=12)
    verdicts = verify(Cursed("reset"), played)
    cursed = [result.match.seed % 5 == 0 for result in played]
    assert [verdict is not None for verdict in verdicts] == cursed
    assert all(verdict.startswith("the rules raise IndexError: off the board") for verdict in verdicts if verdict)


def test_wide_actions_replay_too() -> None:
    game: Game = GAMES.make(f"matrix({[[0.0] * 200]!r})")
    who = Checkpoint.make("fixed", 1, spec="uniform")
    matches = [Match(place, place, (who, who)) for place in range(20)]
    played = play(game, matches, Cast([make_agent("uniform", game.spec)], {who: (0, 0)})).results
    assert {len(result.tape) for result in played} == {4}
    assert verify(game, played) == [None] * 20
    assert "too long" in str(verify(game, [played[0]._replace(tape=played[0].tape + b"\0")])[0])
