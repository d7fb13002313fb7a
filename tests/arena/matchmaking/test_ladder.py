"""The ladder: who is uncertain plays, near ones meet, nobody is forgotten, and a newcomer is soon placed."""

from __future__ import annotations

from collections import Counter
from statistics import fmean

import pytest

from arena.bench.ladder import LEVELS, PLACED, Field, matches_to, mean_curve, newcomer
from arena.match import Pairing
from arena.matchmaking.ladder import Ladder
from arena.matchmaking.stages import Encounter
from arena.pool import Member, Pool
from arena.ratings.model import Rating
from arena.ratings.trueskill import TrueSkill
from tests.arena.ratings.cast import cast


def proposed(ladder: Ladder, pool: Pool, past: list[Encounter] | None = None, *, seats: int = 2) -> list[Pairing]:
    return list(ladder.stage(pool, past=past or [], seats=seats, flavour="competitive", seed=1))


def pool_of(*ratings: tuple[float, float]) -> Pool:
    members = zip(cast(len(ratings)), ratings, strict=True)
    return Pool(tuple(Member(who, "main", False, Rating(*rating)) for who, rating in members))


def test_the_most_uncertain_plays_first_and_most() -> None:
    pool = pool_of(*[(25.0, 1.0)] * 9, (25.0, 8.0))
    stage = proposed(Ladder(random=0.0), pool)
    newcomer = pool.checkpoints[-1]
    assert all(newcomer in one.lineup for one in stage)


def test_near_ones_meet() -> None:
    pool = pool_of(*[(float(mu), 1.0) for mu in range(0, 200, 10)])
    mu = {one.checkpoint: one.rating.mu for one in pool}
    apart = [abs(mu[one.lineup[0]] - mu[one.lineup[1]]) for one in proposed(Ladder(random=0.0), pool)]
    assert max(apart) <= 60


def test_a_share_of_the_tables_is_drawn_at_random() -> None:
    pool = pool_of(*[(float(mu), 1.0) for mu in range(0, 200, 10)])
    mu = {one.checkpoint: one.rating.mu for one in pool}
    apart = [abs(mu[one.lineup[0]] - mu[one.lineup[1]]) for one in proposed(Ladder(random=1.0), pool)]
    assert max(apart) > 60


def test_whoever_was_met_seems_farther_away() -> None:
    pool = pool_of((25.0, 8.0), *[(25.0 + step, 1.0) for step in range(1, 11)])
    first, *others = pool.checkpoints
    past = [Encounter((first, other), (1, 1)) for other in others[:5] for _ in range(20)]
    met = {who for one in proposed(Ladder(random=0.0, games=1000), pool, past)[:2] for who in one.lineup} - {first}
    assert met <= set(others[5:])


@pytest.mark.parametrize(("size", "seats", "games"), [(5, 2, 12), (7, 3, 9), (4, 4, 8)])
def test_so_many_games_each_on_average_then_it_ends(size: int, seats: int, games: int) -> None:
    pool, past = pool_of(*[(25.0, 8.0)] * size), list[Encounter]()
    while stage := proposed(Ladder(games=games), pool, past, seats=seats):
        past += [Encounter(one.lineup, (0,) * seats, void=True) for one in stage]
    assert games * size <= len(past) * seats < games * size + seats**2


def test_every_table_is_played_from_every_seat() -> None:
    stage = proposed(Ladder(), pool_of(*[(25.0, 8.0)] * 9), seats=3)
    assert Counter(one.deal for one in stage) == dict.fromkeys(range(3), 3)


def test_the_same_seed_draws_the_same_and_a_later_stage_something_else() -> None:
    pool = pool_of(*[(25.0, 8.0)] * 12)
    assert proposed(Ladder(), pool) == proposed(Ladder(), pool)
    past = [Encounter(one.lineup, (1, 1)) for one in proposed(Ladder(random=1.0), pool)]
    assert proposed(Ladder(random=1.0), pool, past) != proposed(Ladder(random=1.0), pool)


@pytest.mark.parametrize("spread", [25 / 3, 5.0])
def test_it_saves_a_fifth_of_the_matches_at_least(spread: float) -> None:
    """The table of docs/tournaments.md: 32 agents and 40 seeds, since over fewer luck is as large as what is saved."""
    near, far = (mean_curve(32, 40, share=share, spread=spread) for share in (Ladder().random, 1.0))
    for level in LEVELS[:3]:
        ours, theirs = matches_to(near, level), matches_to(far, level)
        assert ours is not None
        assert theirs is not None
        assert ours <= 0.8 * theirs


def test_its_field_stays_connected() -> None:
    field = Field.of(24, 1)
    while len(field.past) < 400:
        field.play(Ladder(endless=True), seed=1)
    reached, fresh = set(), {field.past[0].lineup[0]}
    while fresh - reached:
        reached |= fresh
        fresh = {who for one in field.past if set(one.lineup) & reached for who in one.lineup}
    assert reached == set(field.skills)


def test_a_newcomer_is_placed_within_twenty_matches() -> None:
    placed = [newcomer(16, seed) for seed in range(20)]
    assert PLACED == 20
    assert fmean(abs(error) for error, _ in placed) < 1.5 * fmean(sigma for _, sigma in placed)
    assert max(sigma for _, sigma in placed) < TrueSkill().sigma / 3
