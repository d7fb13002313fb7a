"""Comparisons: pairs are counted in their order, verdicts depend on the seed alone, and what cannot be compared is said."""

from __future__ import annotations

from typing import Any

import pytest

from arena.compare import Compared, Interrupted, compare, outcome_of, question
from arena.errors import BadConfig
from arena.match import Checkpoint, Match, Result
from games.registry import GAMES


def who(spec: str) -> Checkpoint:
    return Checkpoint.make(spec.partition("(")[0], 1, spec=spec)


def shown(game: str, one: str, other: str, *, most: int = 2000, elo1: float = 50, **more: Any) -> Compared:
    test = question(0, elo1, "normalised")
    found = {"seed": 0, **more}
    return compare(GAMES.make(game), (who(one), who(other)), weights=lambda sha: b"", test=test, max_games=most, **found)


def test_the_stronger_is_found_and_the_weaker_is_not_shown_to_be() -> None:
    found = shown("tic_tac_toe", "tactician", "uniform")
    assert found.stronger is True
    assert found.verdict == "tactician@1 is stronger than uniform@1: +50 Elo is accepted against +0"
    assert found.estimate.elo > 50
    assert found.games == 2 * sum(found.pairs)
    assert shown("tic_tac_toe", "uniform", "tactician").stronger is False


def test_equals_are_not_told_apart_in_few_games() -> None:
    found = shown("tic_tac_toe", "uniform", "uniform()", most=10)
    assert (found.stronger, found.games) == (None, 10)
    assert found.verdict.startswith("undecided: 10 games do not tell +0 from +50 Elo")
    assert found.as_json()["stronger"] is None


def test_a_verdict_depends_on_the_seed_alone() -> None:
    assert shown("leduc_poker", "caller", "raiser") == shown("leduc_poker", "caller", "raiser")
    assert shown("leduc_poker", "uniform", "raiser", seed=1) != shown("leduc_poker", "uniform", "raiser")


def test_progress_is_told_pair_by_pair_and_ends_with_the_test() -> None:
    told: list[Any] = []
    found = shown("rock_paper_scissors", "paper", "rock", on_progress=told.append)
    assert [sum(one.pairs) for one in told] == list(range(1, len(told) + 1))
    assert told[-1].pairs == found.pairs
    assert found.pairs[:4] == (0, 0, 0, 0)
    assert told[-2].llr < told[-1].bounds[1] <= told[-1].llr


def test_what_was_counted_before_an_interruption_is_told() -> None:
    def strike(progress: Any) -> None:
        if sum(progress.pairs) == 5:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        shown("tic_tac_toe", "uniform", "uniform()", on_progress=strike)
    so_far = caught.value.so_far
    assert (so_far.games, sum(so_far.pairs), so_far.stronger) == (10, 5, None)
    assert so_far == shown("tic_tac_toe", "uniform", "uniform()", most=10)


def test_voids_count_as_nothing_and_the_games_still_run_out() -> None:
    found = shown("tests.plugins.odd_games:Hopeless", "uniform", "tactician", most=20)
    assert (found.games, sum(found.pairs), found.stronger) == (20, 0, None)
    assert found.spoiled == {"void(rules: IndexError)": 20}
    assert "nan" not in str(found)


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [((1, -1), (-1, 1), 4), ((1, -1), (0, 0), 3), ((1, -1), (1, -1), 2), ((0, 0), (0, 0), 2), ((-1, 1), (1, -1), 0)],
)
def test_pairs_are_told_from_the_one_who_began(first: tuple[float, ...], second: tuple[float, ...], outcome: int) -> None:
    pair = [Result(Match(place, 0, ()), paid, 1, b"") for place, paid in enumerate((first, second))]
    assert outcome_of(pair, (0, 1)) == outcome


@pytest.mark.parametrize("game", ["prisoners_dilemma", "two_step", "tests.plugins.odd_games:Pile"])
def test_what_two_sides_do_not_win_is_refused(game: str) -> None:
    with pytest.raises(BadConfig, match="needs a game that one of two sides wins"):
        shown(game, "uniform", "uniform()")


def test_teams_compete_as_one() -> None:
    assert shown("tests.plugins.odd_games:Tug", "fixed(2)", "fixed(0)").stronger is True


def test_a_question_is_one() -> None:
    with pytest.raises(BadConfig, match="expected elo0 below elo1"):
        question(10, 0, "normalised")
