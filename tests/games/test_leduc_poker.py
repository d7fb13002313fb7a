"""Leduc poker: OpenSpiel's rules and payoffs, exactly; and cards that stay hidden."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from games.checks import check_game
from games.leduc_poker import CALL, FOLD, RAISE, LeducPoker
from games.poker import PokerState
from tests.games.playing import at_random, beside_openspiel


def dealt(cards: list[int]) -> Any:
    """A board with these three cards: seat 0's, seat 1's and the table's; card // 2 is the rank."""
    opening = LeducPoker().reset(torch.tensor([0]))
    return PokerState(**{**vars(opening), "cards": torch.tensor([cards])})


def play(state: Any, *actions: int) -> Any:
    for action in actions:
        state = LeducPoker().step(state, torch.tensor([[action, action]]))
    return state


def test_keeps_the_contract():
    check_game(LeducPoker())


def test_plays_as_openspiel_does():
    beside_openspiel(LeducPoker(), "leduc_poker", boards=3000, deal=lambda state, board: state.cards[board].tolist())


def test_looks_as_openspiel_does_when_suits_do_not_matter():
    def ranks(state: Any, board: int) -> list[int]:
        return (state.cards[board] // 2).tolist()

    beside_openspiel(LeducPoker(), "leduc_poker(suit_isomorphism=True)", boards=1000, deal=ranks, views=True)


@pytest.mark.parametrize(
    ("cards", "returns"),
    [
        ([0, 5, 1], [13.0, -13.0]),  # a pair of jacks beats a king
        ([0, 5, 4], [-13.0, 13.0]),  # a pair of kings beats a jack
        ([4, 2, 0], [13.0, -13.0]),  # the higher rank
        ([2, 3, 0], [0.0, 0.0]),  # equal ranks split the pot
    ],
)
def test_the_better_hand_wins_the_largest_pot(cards: list[int], returns: list[float]):
    state = play(dealt(cards), RAISE, RAISE, CALL, RAISE, RAISE, CALL)
    assert state.returns.tolist() == [returns]


def test_nothing_can_be_folded_before_chips_are_owed_and_nobody_raises_twice_over():
    assert dealt([0, 2, 4]).legal[0, 0].tolist() == [False, True, True]
    assert play(dealt([0, 2, 4]), RAISE, RAISE).legal[0, 0].tolist() == [True, True, False]


def test_who_folds_loses_what_is_paid():
    assert play(dealt([0, 2, 4]), RAISE, FOLD).returns.tolist() == [[1.0, -1.0]]
    assert play(dealt([0, 2, 4]), CALL, CALL, CALL, RAISE, FOLD).returns.tolist() == [[-1.0, 1.0]]


def test_nobody_sees_a_card_before_it_is_shown():
    game = LeducPoker()
    state: Any = game.reset(torch.arange(500))
    while not state.done.all():
        for seat in (0, 1):
            hidden = state.cards.clone()
            hidden[:, 1 - seat] = (state.cards[:, 1 - seat] + 2) % 6
            early = game.betting.tables(torch.device("cpu")).later[state.line] == 0
            hidden[early, 2] = (state.cards[early, 2] + 2) % 6
            me = torch.full((500,), seat)
            assert torch.equal(game.observe(state, me), game.observe(PokerState(**{**vars(state), "cards": hidden}), me))
        state = game.step(state, at_random(state))


def test_the_table_is_shown_in_the_second_round():
    opening = dealt([0, 2, 4])
    assert "table" not in LeducPoker().render(opening)
    second = play(opening, CALL, CALL)
    assert LeducPoker().render(second).splitlines()[2:] == ["table: K", "betting: call call |"]
    assert LeducPoker().observe(second, torch.tensor([0]))[0, 5:8].tolist() == [0.0, 0.0, 1.0]
