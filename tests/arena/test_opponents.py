"""Opponents for other people's learners: drawn by the mix, by what came of the matches so far."""

from __future__ import annotations

from collections import Counter
from math import nan

import numpy as np
import pytest
import torch

from arena.match import Checkpoint
from arena.opponents import Lessons, Opponents
from arena.pool import Candidate
from arena.tally import Tally
from games.errors import BadSpec

EASY, HARD = (Checkpoint.make(name, 1, spec="uniform") for name in ("easy", "hard"))


def opponents(mix: str = 'pfsp("hard")', *, own: bool = False) -> Opponents:
    pool = [Candidate(EASY, 0.5), Candidate(HARD, 0.5, own=own)]
    return Opponents("alice", mix, lambda: (pool, Tally()))


def drawn(who: Opponents, matches: int = 1000) -> Counter[str]:
    return Counter(who.names[number] for number in numbers(who, matches))


def numbers(who: Opponents, matches: int, *, seed: int = 0) -> list[int]:
    """Of the draws for so many matches."""
    return who.draw(torch.from_numpy(np.random.default_rng(seed).permutation(matches))).tolist()


def tell(who: Opponents, number: int, margin: float) -> None:
    """What came of a match in which the learner had the second seat."""
    who.tell(torch.tensor([number]), torch.tensor([1]), torch.tensor([[1.0, 1.0 + margin]]))


def test_the_hard_ones_are_met_more_often_as_soon_as_it_shows() -> None:
    alice = opponents()
    assert drawn(alice) == {"easy@1": 500, "hard@1": 500}
    for number in numbers(alice, 200):
        tell(alice, number, 1.0 if alice.drawn[number].opponent == EASY else -1.0)
    met = drawn(alice)
    assert met["hard@1"] > 0.95 * 1000


def test_lots_say_which_match_a_draw_is_for() -> None:
    alice = opponents("uniform")
    orders = [numbers(alice, 200, seed=seed) for seed in (1, 2, 1)]
    assert orders[0] == orders[2] != orders[1]
    assert all(sorted(order) not in (order, order[::-1]) for order in orders)


def test_what_was_met_is_counted_and_explained_once() -> None:
    alice = opponents("uniform")
    for place, number in enumerate(numbers(alice, 10)):
        tell(alice, number, [1.0, 0.0, -1.0, nan, 1.0][place % 5])
    alice.decisions += 12
    lessons = alice.lessons()
    assert lessons == alice.lessons()  # who looks at them has not kept them yet
    assert lessons.decisions == 12
    tally, met = lessons.tally, lessons.met
    assert sum(row.drawn for row in met) == 10
    assert sum(row.games for row in met) == 8  # a match that tells nothing is none
    assert {row.probability for row in met} == {0.5}
    assert sum(count.wins for count in tally.counts.values()) == pytest.approx(4, abs=0.1)
    alice.remembered()
    assert alice.lessons() == Lessons(tally, tally, (), 0)


def test_one_opponent_for_two_reasons_is_told_by_both() -> None:
    alice = opponents("mixture(latest=0.5)", own=True)
    for number in numbers(alice, 100):
        tell(alice, number, 1.0)
    met = {(row.opponent.agent, row.branch): row.games for row in alice.lessons().met}
    assert len(met) == 3
    assert sum(games for (who, _), games in met.items() if who == "hard") == 75


def test_what_was_told_is_counted_though_all_begins_anew() -> None:
    alice = opponents("uniform")
    for number in numbers(alice, 10):
        tell(alice, number, 1.0)
    alice.begin(7)
    assert sum(row.games for row in alice.lessons().met) == 10


def test_the_newest_checkpoint_stands_in_for_the_living_self() -> None:
    assert drawn(opponents("mixture(latest=0.8)", own=True), 100) == {"hard@1": 90, "easy@1": 10}
    assert drawn(opponents("mixture(latest=0.8)"), 100) == {"easy@1": 50, "hard@1": 50}
    with pytest.raises(BadSpec, match="nobody but the learner itself"):
        opponents("latest")


def test_who_joins_later_is_met_after_a_refresh() -> None:
    pool = [Candidate(EASY, 0.5)]
    alice = Opponents("alice", "uniform", lambda: (list(pool), Tally()))
    pool.append(Candidate(HARD, 0.5))
    assert set(drawn(alice)) == {"easy@1"}
    alice.refresh()
    assert set(drawn(alice)) == {"easy@1", "hard@1"}
