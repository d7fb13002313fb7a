"""The leaderboard: who stands where, by what order, and which ranks may be luck."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from arena.analysis.payoff import PayoffTable
from arena.leaderboard import Leaderboard, leaderboard, leaderboard_of
from arena.league import League
from arena.match import Checkpoint, Entrant, Match, Result
from arena.ratings.model import Rating
from arena.rows import RatingRow
from arena.store import Store
from games.spec import Flavour, GameSpec
from tests.arena.ratings.cast import payoffs
from tests.arena.stored import logged


def game(flavour: Flavour = "competitive") -> GameSpec:
    return GameSpec("g", 1, flavour, 2, 2, (1,), 10, (-1.0, 1.0))


def who(name: str, version: int = 1) -> Checkpoint:
    return Checkpoint.make(name, version, spec="uniform")


def results(one: Checkpoint, other: Checkpoint, *returns: tuple[float, float]) -> list[Result]:
    return [Result(Match(place, place, (one, other)), paid, 1, b"") for place, paid in enumerate(returns)]


def board(
    ratings: Mapping[Checkpoint, tuple[float, float]],
    played: Sequence[Result] = (),
    *,
    flavour: Flavour = "competitive",
    roles: Mapping[str, str] | None = None,
    retired: Sequence[str] = (),
    **more: Any,
) -> Leaderboard:
    names, roles = dict.fromkeys(one.agent for one in ratings), roles or {}
    given: dict[str, Any] = {"faults": {}, "history": (), "seasons": 1, "matches": len(played), **more}
    return leaderboard(
        "g",
        game(flavour),
        entrants=[Entrant(name, "uniform", "g", role=roles.get(name, "main"), retired=name in retired) for name in names],
        ratings={one: Rating(mu, sigma) for one, (mu, sigma) in ratings.items()},
        payoffs=PayoffTable(payoffs(played)),
        **given,
    )


def order(of: Leaderboard) -> list[str]:
    return [place.checkpoint for place in of.places]


def test_competitors_are_ordered_by_what_they_surely_are() -> None:
    """A high mean that is not yet believed stands below a lower one that is."""
    made = board({who("bold"): (35.0, 5.0), who("sure"): (30.0, 1.0), who("poor"): (20.0, 1.0)})
    assert order(made) == ["sure@1", "bold@1", "poor@1"]
    assert [place.rank for place in made.places] == [1, 2, 3]
    assert [place.skill for place in made.places] == [27.0, 20.0, 17.0]


def test_each_agent_stands_by_its_newest_rated_checkpoint_or_by_all() -> None:
    ratings = {who("alice", 10): (30.0, 1.0), who("alice", 9): (40.0, 1.0), who("bot"): (25.0, 1.0)}
    assert order(board(ratings)) == ["alice@10", "bot@1"]
    assert order(board(ratings, every=True)) == ["alice@9", "alice@10", "bot@1"]


def test_who_is_not_among_the_entrants_is_not_shown() -> None:
    made = leaderboard(
        "g",
        game(),
        entrants=[Entrant("bot", "uniform", "g")],
        ratings={who("bot"): Rating(25, 1), who("gone"): Rating(30, 1)},
        payoffs=PayoffTable({}),
        faults={},
        history=(),
        seasons=0,
        matches=0,
    )
    assert order(made) == ["bot@1"]


def test_a_place_tells_the_record_the_worst_and_the_forfeits() -> None:
    a, b, c = who("a"), who("b"), who("c")
    played = results(a, b, (1, -1), (1, -1), (0, 0)) + results(a, c, (-1, 1)) + results(a, a, (0, 0))
    first = board({a: (30, 1), b: (20, 1), c: (10, 1)}, played, faults={a: 2}).places[0]
    assert (first.matches, first.wins, first.draws, first.losses, first.score) == (4, 2, 1, 1, 0.625)
    assert (first.worst, first.worst_score, first.forfeits) == ("c@1", 0.0, 2)


def test_ranks_that_may_be_luck_are_said_so() -> None:
    """|mu - mu'| against 1.96 * hypot(sigma, sigma'): 2.77 for two sigmas of 1."""
    made = board({who("a"): (30, 1), who("b"): (27.3, 1), who("c"): (24.5, 1), who("d"): (24.4, 1), who("e"): (24.3, 1)})
    assert [place.separate for place in made.places] == [False, True, False, False, True]
    assert made.separation() == "shown ranks 1, 3-4 not separate from next at 95 %"
    assert board({who("a"): (30, 1), who("b"): (20, 1)}).separation() == "each rank shown is separate from the next at 95 %"


def test_what_is_said_of_a_rank_does_not_depend_on_how_many_are_shown() -> None:
    made = board({who("a"): (30, 1), who("b"): (29, 1), who("c"): (28, 1)})
    assert made.separation() == "shown ranks 1-2 not separate from next at 95 %"
    assert made.best(1).separation() == "shown rank 1 not separate from next at 95 %"
    assert made.best(2).separation() == made.separation()


def test_a_trend_is_the_newest_checkpoint_at_the_end_of_each_round() -> None:
    a1, a2 = who("a", 1), who("a", 2)
    history = [
        RatingRow(2, 0, a2, 40.0, 1.0),  # another season, told first
        RatingRow(1, 1, a2, 30.0, 1.0),
        RatingRow(1, 1, a1, 20.0, 1.0),
        RatingRow(1, 0, a1, 25.0, 2.0),
        RatingRow(3, 0, a1, 20.0, 1.0),
        RatingRow(3, 0, a2, 50.0, 1.0),
        RatingRow(1, 0, who("b"), 1.0, 1.0),
    ]
    (place,) = board({a2: (40, 1)}, history=history).places
    assert place.trend == (19.0, 27.0, 37.0, 47.0)


def test_mixed_games_are_ordered_by_mean_and_separated_by_its_interval() -> None:
    a, b = who("a"), who("b")
    played = (
        results(a, a, *[(30.0, 30.0)] * 8) + results(b, b, *[(10.0, 10.0)] * 8) + results(b, a, (12.0, 0.0), (12.0, 0.0))
    )
    made = board({a: (20, 1), b: (30, 1)}, played, flavour="mixed")
    assert made.by_mean
    assert order(made) == ["a@1", "b@1"]
    assert made.places[0].mean == pytest.approx((16 * 30 + 0) / 18 / 10)
    assert made.places[0].separate
    assert "ordered by mean score per turn" in str(made)
    luck = results(a, b, (0.0, 30.0), (30.0, 0.0), (0.0, 30.0), (30.0, 1.0))
    assert not board({a: (20, 1), b: (30, 1)}, luck, flavour="mixed").places[0].separate


def test_a_mixed_games_mean_is_of_the_turns_that_were_played(tmp_path: Path) -> None:
    """A match may last a thousand turns, and lasted one."""
    rules = GameSpec("split", 1, "mixed", 2, 2, (1,), 1000, (0.0, 2.0))
    league = logged(tmp_path / "league.db", [(("a", "b"), (2.0, 1.0)), (("b", "a"), (1.0, 2.0))], spec=rules)
    with Store.open(league.path) as store:
        rated = {row.checkpoint: Rating(25, 1) for row in store.checkpoints("split")}
        made = leaderboard_of(store, "split", rated=(rated, []))
    assert [(place.agent, place.mean) for place in made.places] == [("a", 2.0), ("b", 1.0)]


def test_teams_are_ordered_by_skill_and_show_what_they_earn_by_match() -> None:
    a, b = who("a"), who("b")
    made = board({a: (20, 1), b: (30, 1)}, results(a, a, (8.0, 8.0)) + results(b, b, (7.0, 7.0)), flavour="cooperative")
    assert order(made) == ["b@1", "a@1"]
    assert [place.mean for place in made.places] == [7.0, 8.0]
    assert made.rows()[0][:4] == ["#", "agent", "per match", "±"]
    assert made.as_json()["mean_per"] == "match"
    assert str(made).splitlines()[-1].startswith("skill = mu - 3σ, of teams compared on the same seeds · ")


def test_who_has_not_played_a_mixed_game_comes_last() -> None:
    a, b = who("a"), who("b")
    made = board({a: (20, 1), b: (90, 1)}, results(a, a, (1.0, 1.0), (2.0, 2.0)), flavour="mixed")
    assert order(made) == ["a@1", "b@1"]
    assert made.places[1].mean is None


def test_always_defect_does_not_win_the_dilemma_s_league(tmp_path: Path) -> None:
    """It never loses a match; and yet it stands below those who can cooperate."""
    league = League(tmp_path / "league.db")
    nice = ["tit_for_tat", "generous_tit_for_tat", "tit_for_two_tats", "grudger", "win_stay_lose_shift"]
    for name in [*nice, "cooperator", "defector", "alternator", "coin"]:
        league.register(name.replace("_", "-"), name, game="prisoners_dilemma(rounds=50)", check=False)
    league.run_season("prisoners_dilemma(rounds=50)", rounds=1, games=4)
    made = league.leaderboard()
    defector = next(place for place in made.places if place.agent == "defector")
    assert defector.losses == 0
    assert defector.wins > 0
    assert defector.rank > 4
    assert made.places[0].agent.replace("-", "_") in nice


def test_the_text_says_all_that_matters() -> None:
    a, b = who("a"), who("b")
    made = board(
        {a: (30, 1), b: (29, 1)}, results(a, b, (1, -1)), roles={"b": "anchor"}, retired=["a"], faults={b: 1}, seasons=2
    )
    head, first, second, legend = str(made).splitlines()
    assert head.split() == ["#", "agent", "skill", "mu", "±", "2σ", "matches", "score", "W/D/L", "worst", "trend"]
    assert "a@1 (retired)" in first
    assert "30.0 ± 2.0" in first
    assert "100% b@1" in first
    assert "b@1 ⚓" in second
    assert "0/0/1 (1 forfeit)" in second
    assert legend == "skill = mu - 3σ · ⚓ anchor · shown rank 1 not separate from next at 95 % · 2 seasons, 1 match"


def test_nobody_rated_is_a_sentence() -> None:
    assert str(board({})) == "nobody is rated at g yet"
    assert board({}).as_json()["places"] == []


def test_json_keys_are_a_promise() -> None:
    a, b = who("a"), who("b")
    said = json.loads(json.dumps(board({a: (30, 1), b: (29, 1)}, results(a, b, (1, -1))).as_json(), allow_nan=False))
    assert list(said) == ["schema", "game", "flavour", "seasons", "matches", "cyclic", "order", "mean_per", "places"]
    assert said["schema"] == 1
    assert said["order"] == "skill"
    assert " ".join(said["places"][0]) == (
        "rank agent checkpoint role retired mu sigma skill matches wins draws losses score mean margin worst worst_score "
        "forfeits trend separate suspended"
    )
