"""Speaker and listener: the target is seen by one and picked by the other, and the game carries no word."""

from __future__ import annotations

import pytest
import torch

from games.checks import check_game
from games.errors import BadSpec
from games.speaker_listener import SpeakerListener


def test_keeps_the_contract():
    check_game(SpeakerListener())
    check_game(SpeakerListener(targets=2))


def test_a_team_is_paid_for_the_right_target():
    game = SpeakerListener(targets=4)
    state = game.reset(torch.arange(100))
    picks = torch.stack([torch.zeros(100, dtype=torch.int64), torch.full((100,), 2)], dim=1)
    assert game.step(state, picks).returns.tolist() == [[hit, hit] for hit in (state.target == 2).float().tolist()]


def test_the_speaker_sees_the_target_and_the_listener_never_does():
    game = SpeakerListener(targets=3)
    state = game.reset(torch.arange(60))
    assert game.observe(state, torch.zeros(60, dtype=torch.int64)).argmax(1).tolist() == state.target.tolist()
    assert game.observe(state, torch.ones(60, dtype=torch.int64)).tolist() == [[0, 0, 0, 1]] * 60


def test_every_target_is_as_likely_so_silence_wins_by_chance_only():
    often = torch.bincount(SpeakerListener().reset(torch.arange(10_000)).target)
    assert often.tolist() == pytest.approx([2000] * 5, abs=200)


def test_the_speaker_can_do_nothing_that_would_tell():
    assert SpeakerListener(targets=3).reset(torch.tensor([0])).legal[0].tolist() == [[True, False, False], [True] * 3]


def test_one_target_is_no_secret():
    with pytest.raises(BadSpec, match="targets must be a whole number from 2"):
        SpeakerListener(targets=1)


def test_the_picture_shows_both_sides():
    game = SpeakerListener()
    state = game.reset(torch.tensor([0]))
    target = int(state.target)
    assert game.render(state) == f"the speaker sees {target}, the listener sees nothing"
    after = game.step(state, torch.tensor([[0, 3]]))
    assert game.render(after) == f"the speaker sees {target}, the listener picks 3"
    assert ">?<" in game.render_svg(state)
    assert ">3<" in game.render_svg(after)
