"""The iterated prisoner's dilemma: pay, memory of one round, noise, and a forfeit that leaves the innocent untouched."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from games.checks import check_game
from games.errors import BadSpec
from games.prisoners_dilemma import PrisonersDilemma

CC, CD, DC, DD = [0, 0], [0, 1], [1, 0], [1, 1]


def play(game: PrisonersDilemma, *rounds: list[int], seeds: int = 1) -> Any:
    state = game.reset(torch.arange(seeds))
    for actions in rounds:
        state = game.step(state, torch.tensor([actions]).expand(seeds, -1))
    return state


@pytest.mark.parametrize("game", [PrisonersDilemma(), PrisonersDilemma(7, noise=0.2), PrisonersDilemma(1)])
def test_keeps_the_contract(game: PrisonersDilemma):
    check_game(game)


def test_each_round_pays_three_five_one_or_nothing():
    state = play(PrisonersDilemma(4), CC, CD, DC, DD)
    assert state.returns.tolist() == [[3 + 0 + 5 + 1, 3 + 5 + 0 + 1]]
    assert state.done.all()


def test_a_seat_sees_the_last_round_with_its_own_action_first():
    game = PrisonersDilemma()
    state = play(game, CD)
    assert game.observe(state, torch.tensor([0]))[0].tolist() == [0, 1, 0, 0, 0]
    assert game.observe(state, torch.tensor([1]))[0].tolist() == [0, 0, 1, 0, 0]


def test_the_first_round_is_marked():
    game = PrisonersDilemma()
    assert game.observe(play(game), torch.tensor([1]))[0].tolist() == [0, 0, 0, 0, 1]


def test_noise_turns_actions_over_as_often_as_it_says():
    game = PrisonersDilemma(1, noise=0.25)
    last = play(game, CC, seeds=40_000).last
    slips = torch.stack([last // 2, last % 2], dim=1).float()
    assert slips.mean(0).tolist() == pytest.approx([0.25, 0.25], abs=0.012)
    assert (slips[:, 0] * slips[:, 1]).mean().item() == pytest.approx(0.0625, abs=0.007)  # the seats slip independently


def test_certain_noise_turns_everything_over():
    assert play(PrisonersDilemma(1, noise=1.0), CD).returns.tolist() == [[5.0, 0.0]]


def test_who_gives_up_gets_the_least_and_leaves_the_other_untouched():
    state = play(PrisonersDilemma(10), CC, DC, [0, -1])
    assert state.returns.tolist() == [[3 + 5 + 8 * 3, 0.0]]


def test_the_pay_is_a_setting():
    game = PrisonersDilemma(2, temptation=4, reward=2, punishment=0, sucker=-1)
    assert game.spec.return_range == (-2.0, 8.0)
    assert play(game, DC, DD).returns.tolist() == [[4.0, -1.0]]


@pytest.mark.parametrize("settings", [{"rounds": 0}, {"noise": 1.5}, {"reward": 6.0}])
def test_settings_that_make_no_dilemma_are_refused(settings: dict[str, Any]):
    with pytest.raises(BadSpec, match=r"expected|must be a"):
        PrisonersDilemma(**settings)


def test_the_picture_shows_the_last_round_and_the_score():
    game = PrisonersDilemma(5)
    assert game.render(play(game, CC, DC)) == "round 2 of 5: D against C, 8 to 3 in all"
    assert "round 2 of 5" in game.render_svg(play(game, CC, DC))
