"""A tally: old games fade, opponents are kept apart, and a win rate stays a rate."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.tally import DECAY, Count, Tally
from tests.arena.ratings.cast import cast


@given(
    margins=st.lists(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 3.0]), max_size=300),
    begun=st.tuples(*[st.floats(0, 100)] * 3, st.floats(-50, 50)),
    price=st.floats(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_games_fade_one_by_one(margins: list[float], begun: tuple[float, float, float, float], price: float) -> None:
    games, wins, draws, quality = begun
    for margin in margins:
        games, wins, draws = games * DECAY + 1, wins * DECAY + (margin > 0), draws * DECAY + (margin == 0)
        quality -= price * (margin > 0)
    after = Count(*begun).after(margins, price=price)
    assert (after.games, after.wins, after.draws, after.quality) == pytest.approx((games, wins, draws, quality), abs=1e-9)


def test_an_unseen_opponent_is_expected_to_do_what_its_rating_says() -> None:
    assert Tally().win_rate(cast(1)[0], 0.9) == pytest.approx(0.9)


def test_games_speak_louder_the_more_there_are() -> None:
    (bot,) = cast(1)
    tally = Tally().record(bot, [+1, +1, 0, -1])
    games, wins, draws = 1 + 0.99 + 0.99**2 + 0.99**3, 0.99**2 + 0.99**3, 0.99
    assert tally.win_rate(bot, 0.2, k=5) == pytest.approx((wins + draws / 2 + 5 * 0.2) / (games + 5))
    assert tally.record(bot, [+1] * 2000).win_rate(bot, 0.2) == pytest.approx((100 + 10 * 0.2) / 110, abs=1e-6)


def test_old_games_are_forgotten() -> None:
    (bot,) = cast(1)
    tally = Tally().record(bot, [+1] * 500).record(bot, [-1] * 500)
    assert tally.win_rate(bot, 0.5) < 0.06


def test_a_tally_does_not_mix_up_opponents_nor_change() -> None:
    a, b = cast(2)
    begun = Tally().record(a, [+1])
    after = begun.record(b, [-1])
    assert begun.counts.keys() == {a}
    assert after.counts[a] == begun.counts[a]


def test_a_tally_goes_through_plain_rows() -> None:
    a, b = cast(2)
    tally = Tally().record(a, [+1, 0, -1], quality=-2.0, price=0.5).record(b, [0] * 7)
    rows = [(who.id, count.games, count.wins, count.draws, count.quality) for who, count in tally.counts.items()]
    assert Tally.from_rows(rows, [b, a]) == tally


@given(margins=st.lists(st.floats(-5, 5), max_size=50), prediction=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_win_rate_stays_a_rate(margins: list[float], prediction: float) -> None:
    (bot,) = cast(1)
    assert 0 <= Tally().record(bot, margins).win_rate(bot, prediction) <= 1 + 1e-12
