"""Exhibitions: seats rotate, each seed serves every rotation, and the score has an interval that can be trusted."""

from __future__ import annotations

from collections import Counter

import pytest

from arena.errors import BadConfig
from arena.exhibition import Exhibition, exhibit
from arena.match import Checkpoint, Match, Result
from games.core import Game
from games.registry import GAMES


def who(spec: str) -> Checkpoint:
    return Checkpoint.make(spec.partition("(")[0], 1, spec=spec)


def show(game: str, *specs: str, games: int = 20, seed: int = 0) -> Exhibition:
    rules: Game = GAMES.make(game)
    return exhibit(rules, [who(spec) for spec in specs], weights=lambda sha: b"", games=games, seed=seed)


def scored(wins: int, draws: int = 0, losses: int = 0) -> Exhibition:
    margins = [1.0] * wins + [0.0] * draws + [-1.0] * losses
    returns = [(margin, 0.0) if place % 2 == 0 else (0.0, margin) for place, margin in enumerate(margins)]
    return Exhibition("g", ("a", "b"), tuple(Result(Match(0, 0, ()), paid, 1, b"") for paid in returns))


def test_a_fixed_winner_wins_from_every_seat() -> None:
    shown = show("rock_paper_scissors", "paper", "rock", games=7)
    assert shown.record == (7, 0, 0)
    assert shown.means == [1.0, -1.0]
    assert show("rock_paper_scissors", "rock", "paper", games=7).record == (0, 0, 7)
    assert show("rock_paper_scissors", "rock", "fixed(0)", games=7).record == (0, 7, 0)


def test_each_seed_serves_both_seatings() -> None:
    shown = show("leduc_poker", "caller", "raiser", games=20)
    seeds = Counter(result.match.seed for result in shown.results)
    assert set(seeds.values()) == {2}
    assert [result.match.lineup[0].agent for result in shown.results] == ["caller", "raiser"] * 10
    assert show("leduc_poker", "raiser", "caller", games=20).means == shown.means[::-1]


def test_three_take_every_seat_by_turns() -> None:
    shown = show("tests.plugins.odd_games:Pile", "fixed(0)", "fixed(1)", "uniform", games=30)
    lineups = [tuple(one.agent for one in result.match.lineup) for result in shown.results]
    assert Counter(lineups) == {
        ("fixed", "fixed", "uniform"): 10,
        ("fixed", "uniform", "fixed"): 10,
        ("uniform", "fixed", "fixed"): 10,
    }
    totals: Counter[str] = Counter()
    assert shown.record[0] == sum(
        result.returns[[one.spec for one in result.match.lineup].index("fixed(0)")] > 0 for result in shown.results
    )
    for result in shown.results:
        for one, paid in zip(result.match.lineup, result.returns, strict=True):
            totals[one.spec] += paid
    assert shown.means == [totals[spec] / 30 for spec in ("fixed(0)", "fixed(1)", "uniform")]
    assert sum(shown.record) == 30


def test_many_matches_are_played_in_parts_that_change_nothing() -> None:
    assert (
        show("kuhn_poker", "uniform", "caller", games=600).results[:300]
        == show("kuhn_poker", "uniform", "caller", games=300).results
    )


@pytest.mark.parametrize(
    ("wins", "games", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_of_the_literature(wins: int, games: int, low: float, high: float) -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I, method 3: Wilson's score without continuity correction."""
    assert scored(wins, losses=games - wins).interval == pytest.approx((low, high), abs=5e-5)


def test_a_draw_is_half_a_win() -> None:
    shown = scored(3, 4, 1)
    assert (shown.record, shown.score) == ((3, 4, 1), 0.625)


def test_spoiled_matches_are_told_and_void_ones_do_not_count() -> None:
    shown = show("tests.plugins.odd_games:Cursed('reset')", "uniform", "tests.agents.planted:Stubborn", games=200)
    void = sum(result.void is not None for result in shown.results)
    assert void > 0
    assert shown.spoiled["void(rules: IndexError)"] == void
    assert shown.spoiled["forfeit(illegal)"] > 0
    assert shown.told["void(rules: IndexError)"].startswith("the rules raised IndexError")
    assert shown.told["forfeit(illegal)"].startswith("tests.agents.planted:Stubborn")
    assert sum(shown.record) == 200 - void
    assert shown.as_json()["games"] == 200


def test_nothing_played_is_no_score() -> None:
    shown = Exhibition("g", ("a", "b"), ())
    assert (shown.score, shown.record, shown.means) == (0.0, (0, 0, 0), [0.0, 0.0])
    assert shown.interval == pytest.approx((0.0, 0.7935), abs=1e-3)


def test_a_lineup_must_fill_the_seats() -> None:
    with pytest.raises(BadConfig, match="has 2 seats, got 1 agents"):
        show("tic_tac_toe", "uniform")


TUG = "tests.plugins.odd_games:Tug"  # its teams are 0, 1, 1, 0


def seatings(shown: Exhibition) -> list[str]:
    """The force with which each seat pulls, match by match."""
    return ["".join(one.spec[-2] for one in result.match.lineup) for result in shown.results]


def test_a_team_may_be_one_agent_that_holds_all_its_seats() -> None:
    shown = show(TUG, "fixed(2)", "fixed(1)", games=4)
    assert seatings(shown) == ["2112", "1221"] * 2
    assert (shown.lineup, shown.record, shown.means) == (("fixed@1", "fixed@1"), (4, 0, 0), [1.0, -1.0])
    assert [result.match.seed for result in shown.results[:2]] == [shown.results[0].match.seed] * 2


def test_a_team_may_be_named_seat_by_seat_and_changes_sides_as_a_whole() -> None:
    shown = show(TUG, "fixed(2)", "fixed(1)", "fixed(0)", "fixed(1)", games=4)
    assert seatings(shown) == ["2101", "1210"] * 2
    assert (shown.record, shown.means) == ((4, 0, 0), [1.0, -1.0])
    assert show(TUG, "fixed(2)", "uniform", "fixed(1)", "fixed(0)", games=1).lineup == ("fixed@1", "uniform@1+fixed@1")


def test_teams_that_differ_in_size_are_named_as_teams() -> None:
    game = "hide_and_seek(hiders=2, seekers=1, steps=8)"
    with pytest.raises(BadConfig, match="differ in size, so they cannot change sides") as refused:
        show(game, "uniform", "chaser", "hideout", games=2)
    assert refused.value.hint == "name 2 agents, a team each"
    shown = show(game, "uniform", "chaser", games=4)
    assert shown.means[0] == pytest.approx(-shown.means[1])
    with pytest.raises(BadConfig, match="has 4 seats in 2 teams, got 3 agents"):
        show(TUG, "uniform", "uniform", "uniform")


def test_json_keys_are_a_promise() -> None:
    assert " ".join(scored(1).as_json()) == "schema game lineup games wins draws losses score interval means spoiled"


def test_a_note_is_of_its_match_in_whatever_chunk_it_was_played() -> None:
    shown = show("tic_tac_toe", "tests.plugins.bad_bots:Saboteur", "uniform", games=300)
    spoiled = {place for place, result in enumerate(shown.results) if result.faults}
    assert {match for match, _ in shown.notes} == spoiled
    assert max(spoiled) > 280
