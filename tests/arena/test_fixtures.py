"""Rounds in stages: tournaments and ladders in whole seasons, killed and resumed, with several workers, under forfeits."""

from __future__ import annotations

import logging
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from arena import League
from arena.course import PATIENCE, Course
from arena.errors import BadConfig, Conflict
from arena.match import Match
from arena.matchmaking.stages import GROWTH
from arena.rows import SeasonRow
from arena.season import ChunkPlayed, Event
from arena.series import Results
from arena.store import Store
from tests.arena.stored import found, played

GAME = "tic_tac_toe"
FIELD = {
    "perfect": "perfect",
    "tactician": "tactician",
    "uniform": "uniform",
    "first": "fixed(0)",
    "other": "uniform",
}
SMALL: dict[str, Any] = {"rounds": 2, "train": 0, "games": 2, "chunk": 8}
SCHEDULES = {
    "swiss": {},
    "swiss(rounds=2)": {},
    "knockout": {},
    "ladder(games=6)": {},
    "ladder": {"until_sigma": 5.0},
    "round_robin": {"until_sigma": 5.0},
}


def league_at(path: Path, field: dict[str, str] = FIELD, *, game: str = GAME) -> League:
    league = League(path)
    for name, spec in field.items():
        league.register(name, spec, game=game, check=False)
    return league


def run(league: League, schedule: str, **more: Any) -> SeasonRow:
    return league.run_season(GAME, **{**SMALL, **SCHEDULES.get(schedule, {}), "schedule": schedule, **more})


class Killed(Exception):
    """As if the power had gone."""


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_round_in_stages_is_the_same_with_two_workers_and_after_any_break(schedule: str, tmp_path: Path) -> None:
    whole, workers, broken = (league_at(tmp_path / f"{name}.db") for name in ("whole", "workers", "broken"))
    run(whole, schedule)
    run(workers, schedule, workers=2)

    def kill(event: Event) -> None:
        if isinstance(event, ChunkPlayed):
            raise Killed

    with pytest.raises(Killed):
        run(broken, schedule, notify=kill)
    while (row := broken.unfinished()) is not None:
        chunks = row.matches
        try:
            broken.resume(notify=kill)
        except Killed:
            assert broken.season(1).matches > chunks
    digests = {league.status()["digest"] for league in (whole, workers, broken)}
    assert len(digests) == 1
    assert broken.verify() == []


def test_a_tournament_is_played_whole_in_each_round_by_the_ratings_of_the_last(tmp_path: Path) -> None:
    league = league_at(tmp_path / "league.db")
    row = run(league, "knockout", games=4)
    assert [one.round for one in league.matches(season=1, limit=1000)].count(1) >= 16
    outcome = league.analyze.tournament(row.id)
    assert outcome is not None
    assert [one.agent for one in outcome.winners] == ["perfect"]
    assert outcome.as_json()["ties"][-1]["winner"] == "perfect@1"
    history = {one.checkpoint.agent: one.mu for one in _history(league) if one.round == 0}
    best = sorted(history, key=lambda name: -history[name])
    assert outcome.as_json()["ties"][-2]["table"][0].startswith(tuple(best[:2]))


def _history(league: League) -> list[Any]:
    with Store.open(league.path) as store:
        return store.rating_history(GAME)


def test_a_season_without_a_tournament_has_no_outcome(tmp_path: Path) -> None:
    league = league_at(tmp_path / "league.db")
    assert league.analyze.tournament() is None
    run(league, "round_robin", until_sigma=None)
    assert league.analyze.tournament() is None


def test_learners_take_part_with_what_they_have_become(tmp_path: Path) -> None:
    league = league_at(tmp_path / "league.db", {"uniform": "uniform", "tactician": "tactician"})
    league.register("ppo", "ppo(hidden=(8,))", game=GAME, check=False)
    run(league, "swiss", train=40, boards=8)
    outcome = league.analyze.tournament()
    assert outcome is not None
    assert {one["agent"] for one in outcome.as_json()["places"]} == {"ppo@3", "uniform@1", "tactician@1"}


@pytest.mark.parametrize("schedule", ["swiss", "knockout", "ladder", "round_robin"])
def test_a_round_ends_although_somebody_forfeits_every_match(schedule: str, tmp_path: Path) -> None:
    flag = tmp_path / "now"
    field = {**FIELD, "moody": f"tests.plugins.my_bots:Moody(mood='crash', flag={str(flag)!r})"}
    league = league_at(tmp_path / "league.db", field)
    flag.touch()
    row = run(league, schedule)
    assert row.finished
    assert any(ending.startswith("forfeit(crash)") for ending in league.spoiled(row.id))
    if (outcome := league.analyze.tournament()) is not None:
        assert "moody" not in {one.agent for one in outcome.winners}


FRAGILE = "tests.plugins.my_games:Fragile"


@pytest.mark.parametrize("schedule", ["swiss", "knockout", "ladder"])
def test_a_round_ends_although_the_rules_break_now_and_then(schedule: str, tmp_path: Path) -> None:
    league = league_at(tmp_path / "league.db", {"one": "uniform", "two": "uniform", "three": "uniform"}, game=FRAGILE)
    row = league.run_season(FRAGILE, **{**SMALL, "schedule": schedule, "games": 20})
    assert row.finished
    assert any(ending.startswith("void") for ending in league.spoiled(row.id))


def test_nobody_waits_for_the_sigma_of_one_whose_matches_prove_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    game = "tests.plugins.odd_games:Hopeless"
    league = league_at(tmp_path / "league.db", {"one": "uniform", "two": "uniform"}, game=game)
    with caplog.at_level(logging.WARNING):
        row = league.run_season(game, rounds=1, train=0, games=4, schedule="ladder", until_sigma=1.0)
    assert row.finished
    assert set(league.spoiled(row.id).values()) == {row.matches}
    assert "the sigma of one@1 (8.33), two@1 (8.33) is above 1: more matches would hardly lower it" in caplog.text


@pytest.mark.parametrize("schedule", ["ladder", "round_robin"])
def test_nobody_waits_for_the_sigma_of_one_who_wins_all_or_loses_all(
    schedule: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    league = league_at(tmp_path / "league.db", {"rock": "fixed(0)", "paper": "fixed(1)"}, game="rock_paper_scissors")
    row = league.run_season("rock_paper_scissors", rounds=1, train=0, schedule=schedule, until_sigma=1.0, chunk=256)
    assert row.finished
    assert PATIENCE < row.matches <= 2 * PATIENCE
    assert re.search(r"the sigma of (rock|paper)@1 \(\d\.\d\d\), .* is above 1: more matches would hardly", caplog.text)


@pytest.mark.parametrize("more", [{"until_sigma": 0.01}, {"budget": "1h"}])
def test_no_round_is_longer_than_enough_and_it_says_so(
    more: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.fixtures.ENOUGH", 50)
    league = league_at(tmp_path / "league.db", {"one": "uniform", "two": "uniform"})
    row = run(league, "round_robin", rounds=1, games=16, **{"until_sigma": None, **more})
    assert row.matches == 64
    assert "the round ends after 64 matches" in caplog.text
    assert ("is above 0.01" in caplog.text) == ("until_sigma" in more)


def test_a_schedule_of_one_stage_is_repeated_in_ever_larger_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.fixtures.ENOUGH", 1000)
    stages: list[int] = []
    follow = Course.follow

    def told(self: Course, past: Results) -> None:
        stages.append(len(past))
        follow(self, past)

    monkeypatch.setattr(Course, "follow", told)
    league = league_at(tmp_path / "league.db", {"one": "uniform", "two": "uniform"}, game="rock_paper_scissors")
    league.run_season("rock_paper_scissors", rounds=1, train=0, games=4, budget="1h", chunk=256)
    assert stages[:3] == [4, 8, 12]
    assert 1000 <= stages[-1] < 1000 * (1 + 1 / GROWTH)
    assert len(stages) < 100, "in stages of 4 they would be 250"
    with Store.open(league.path) as store:
        deals = Counter(row.result.match.seed for row in store.results("rock_paper_scissors"))
    assert set(deals.values()) == {2}, "each deal is played once from each seat"


def test_sigmas_end_a_round_as_soon_as_all_are_small_enough(tmp_path: Path) -> None:
    league = league_at(tmp_path / "league.db")
    run(league, "ladder", rounds=1, until_sigma=4.0)
    many = league.season(1).matches
    ratings = [one for name in FIELD for one in league.agent(name).ratings.values()]
    assert max(one.sigma for one in ratings) <= 4.0
    run(league, "ladder", rounds=1, until_sigma=4.0)
    assert league.season(2).matches < many, "they are small already: one stage shows it"


def test_a_budget_ends_a_round_between_two_stages(tmp_path: Path) -> None:
    league = league_at(tmp_path / "league.db")
    row = run(league, "ladder", rounds=1, budget="1ms")
    assert row.finished
    assert row.matches == 4  # of one stage
    assert league.verify() == []


def test_a_ladder_plays_so_many_games_each_on_average(tmp_path: Path) -> None:
    league = league_at(tmp_path / "league.db")
    row = run(league, "ladder", rounds=1, games=12, until_sigma=None)
    assert row.matches == 12 * len(FIELD) / 2


@pytest.mark.parametrize("schedule", ["swiss", "knockout"])
@pytest.mark.parametrize("more", [{"until_sigma": 1.0}, {"budget": "1s"}])
def test_a_tournament_ends_by_itself(schedule: str, more: dict[str, Any], tmp_path: Path) -> None:
    league = league_at(tmp_path / "league.db")
    with pytest.raises(BadConfig, match=f"{schedule} ends by itself"):
        run(league, schedule, **more)
    assert league.seasons() == []


@pytest.mark.parametrize("schedule", ["swiss", "knockout", "ladder"])
def test_games_that_nobody_wins_are_refused_before_anything_is_played(schedule: str, tmp_path: Path) -> None:
    game = "prisoners_dilemma"
    league = league_at(tmp_path / "league.db", {"one": "tit_for_tat", "two": "uniform"}, game=game)
    with pytest.raises(BadConfig, match="needs matches that somebody wins"):
        league.run_season(game, **{**SMALL, "schedule": schedule})
    assert league.seasons() == []


@pytest.mark.parametrize("schedule", ["swiss", "knockout", "ladder"])
@pytest.mark.parametrize("game", ["tests.plugins.odd_games:Pile", "tests.plugins.odd_games:Tug"])
def test_tables_of_three_and_teams_of_two(schedule: str, game: str, tmp_path: Path) -> None:
    league = league_at(tmp_path / "league.db", {f"bot{place}": "uniform" for place in range(5)}, game=game)
    row = league.run_season(game, **{**SMALL, "schedule": schedule, "games": 3})
    assert row.finished
    assert league.verify() == []
    if schedule != "ladder":
        outcome = league.analyze.tournament()
        assert outcome is not None
        assert outcome.winners


def test_a_plan_grows_by_what_follows_and_by_nothing_else(tmp_path: Path) -> None:
    store, cast = found(tmp_path / "league.db", plan=4)
    with store:
        next_ones = [Match(one.match.ordinal, one.match.seed, one.match.lineup) for one in played(cast, 6, seed=1)[4:]]
        store.extend_plan(1, 1, next_ones)
        round = store.round(1, 1)
        assert round is not None
        assert round.plan is not None
        assert [one.ordinal for one in round.plan] == list(range(6))
        for wrong in (next_ones, next_ones[1:]):
            with pytest.raises(Conflict, match="has another plan"):
                store.extend_plan(1, 1, wrong)
