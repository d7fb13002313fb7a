"""Iterated dilemmas: pay, memory of one round, noise, and a forfeit that leaves the innocent untouched."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from games.checks import check_game
from games.dilemmas import Dilemma, chicken, prisoners_dilemma, stag_hunt
from games.errors import BadSpec

CC, CD, DC, DD = [0, 0], [0, 1], [1, 0], [1, 1]


def play(game: Dilemma, *rounds: list[int], seeds: int = 1) -> Any:
    state = game.reset(torch.arange(seeds))
    for actions in rounds:
        state = game.step(state, torch.tensor([actions]).expand(seeds, -1))
    return state


@pytest.mark.parametrize(
    "game", [prisoners_dilemma(), prisoners_dilemma(7, noise=0.2), prisoners_dilemma(1), stag_hunt(4), chicken(4)]
)
def test_keeps_the_contract(game: Dilemma):
    check_game(game)


def test_each_round_pays_three_five_one_or_nothing():
    state = play(prisoners_dilemma(4), CC, CD, DC, DD)
    assert state.returns.tolist() == [[3 + 0 + 5 + 1, 3 + 5 + 0 + 1]]
    assert state.done.all()


def test_a_seat_sees_the_last_round_with_its_own_action_first():
    game = prisoners_dilemma()
    state = play(game, CD)
    assert game.observe(state, torch.tensor([0]))[0].tolist() == [0, 1, 0, 0, 0]
    assert game.observe(state, torch.tensor([1]))[0].tolist() == [0, 0, 1, 0, 0]


def test_the_first_round_is_marked():
    game = prisoners_dilemma()
    assert game.observe(play(game), torch.tensor([1]))[0].tolist() == [0, 0, 0, 0, 1]


def test_noise_turns_actions_over_as_often_as_it_says():
    game = prisoners_dilemma(1, noise=0.25)
    last = play(game, CC, seeds=40_000).last
    slips = torch.stack([last // 2, last % 2], dim=1).float()
    assert slips.mean(0).tolist() == pytest.approx([0.25, 0.25], abs=0.012)
    assert (slips[:, 0] * slips[:, 1]).mean().item() == pytest.approx(0.0625, abs=0.007)  # the seats slip independently


def test_certain_noise_turns_everything_over():
    assert play(prisoners_dilemma(1, noise=1.0), CD).returns.tolist() == [[5.0, 0.0]]


def test_who_gives_up_gets_the_least_and_leaves_the_other_untouched():
    state = play(prisoners_dilemma(10), CC, DC, [0, -1])
    assert state.returns.tolist() == [[3 + 5 + 8 * 3, 0.0]]


def test_the_pay_is_a_setting():
    game = prisoners_dilemma(2, temptation=4, reward=2, punishment=0, sucker=-1)
    assert game.spec.return_range == (-2.0, 8.0)
    assert play(game, DC, DD).returns.tolist() == [[4.0, -1.0]]


def test_a_stag_needs_two_and_a_hare_is_certain():
    assert play(stag_hunt(4), CC, CD, DC, DD).returns.tolist() == [[2 + 0 + 1 + 1, 2 + 1 + 0 + 1]]


def test_who_dares_gains_unless_both_do():
    assert play(chicken(3), CC, CD, DC).returns.tolist() == [[0 - 1 + 1, 0 + 1 - 1]]
    assert play(chicken(1), DD).returns.tolist() == [[-10, -10]]


def test_each_dilemma_writes_its_own_letters():
    letters = ["".join(map(game.notation, (0, 1))) for game in (prisoners_dilemma(), stag_hunt(), chicken())]
    assert letters == ["CD", "SH", "SD"]
    assert stag_hunt().render(play(stag_hunt(), CD)) == "round 1 of 10: S against H, 0 to 1 in all"


@pytest.mark.parametrize("make", [prisoners_dilemma, stag_hunt, chicken])
def test_pay_in_the_order_of_another_dilemma_is_refused(make: Any):
    for other in {prisoners_dilemma, stag_hunt, chicken} - {make}:
        reward, sucker, temptation, punishment = other()._pay[0]
        with pytest.raises(BadSpec, match=r"expected .* > "):
            make(reward=reward, sucker=sucker, temptation=temptation, punishment=punishment)


@pytest.mark.parametrize("settings", [{"rounds": 0}, {"noise": 1.5}, {"reward": 6.0}])
def test_settings_that_make_no_dilemma_are_refused(settings: dict[str, Any]):
    with pytest.raises(BadSpec, match=r"expected|must be a"):
        prisoners_dilemma(**settings)


def test_the_picture_shows_the_last_round_and_the_score():
    game = prisoners_dilemma(5)
    assert game.render(play(game, CC, DC)) == "round 2 of 5: D against C, 8 to 3 in all"
    assert "round 2 of 5" in game.render_svg(play(game, CC, DC))
