"""Leagues with roles, from end to end: who is frozen when, who begins anew, who meets whom, and resuming to the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from arena import League
from arena.assignment import Assignments
from arena.presets import PRESETS
from arena.ratings import RATINGS
from arena.season import Event, LearnerFroze, LearnerWentOn
from arena.settings import Settings
from arena.store import Store
from arena.training import TrainingTask

GAME = "rock_paper_scissors"
SMALL: dict[str, Any] = {"rounds": 4, "train": 40, "boards": 8, "chunk": 16, "games": 2, "history": 1}
ROLES = {"main": "main", "sly": "main-exploiter", "hunter": "league-exploiter"}


def league_of(path: Path, roles: dict[str, str] = ROLES) -> League:
    league = League(path)
    for name, role in roles.items():
        league.register(name, "ppo(hidden=(8,))", game=GAME, role=role, check=False)
    league.register("bot", "uniform", game=GAME, role="anchor", check=False)
    return league


def versions(league: League, name: str) -> list[tuple[int, int | None]]:
    """Each checkpoint's version and the round in which it was frozen."""
    return [(row.checkpoint.version, row.round) for row in league.agent(name).checkpoints]


def all_there_is(league: League, names: dict[str, str] = ROLES) -> dict[str, Any]:
    """What a resumed league must have in common with one that nobody disturbed, bit for bit."""
    with Store.open(league.path) as store:
        return {
            "digest": store.digest(),
            **{name: (store.learner_state(name), store.tally(name), store.draws(name)) for name in names},
            **{f"{name}'s": (store.learning(name), store.checkpoints(agent=name)) for name in names},
        }


def task_of(league: League, name: str, **settings: Any) -> TrainingTask:
    """The task that a learner would get in the next round of the league's season, by these settings."""
    with Store.open(league.path) as store:
        row = store.season(1)
        round = store.round(1, row.rounds - 1)
        assert round is not None
        round = replace(round, pool=tuple(one.checkpoint for one in store.checkpoints(GAME)))
        model = RATINGS.make("trueskill")
        return Assignments(store, row, Settings(**{**row.settings, **settings}), model, "cpu").task(name, round)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[League, list[Event]]:
    league, told = league_of(tmp_path_factory.mktemp("roles") / "league.db"), list[Event]()
    league.run_season(GAME, preset="alphastar", notify=told.append, **SMALL)
    return league, told


def test_learners_in_roles_are_not_frozen_every_round(undisturbed: tuple[League, list[Event]]) -> None:
    league, told = undisturbed
    assert versions(league, "main") == [(1, None), (2, 1), (3, 3)]  # nobody beats its own last self by 70 % in a round
    went_on = [event.trained.name for event in told if isinstance(event, LearnerWentOn)]
    assert went_on[:3] == ["main", "sly", "hunter"]
    trained = [event.trained for event in told if isinstance(event, LearnerFroze | LearnerWentOn)]
    steps = sum(one.steps for one in trained if one.name == "main")
    assert league.agent("main").checkpoints[-1].steps == steps  # also those of rounds without a checkpoint
    assert league.verify() == []


def test_a_main_exploiter_goes_on_from_its_first_state_and_is_counted_from_there(tmp_path: Path) -> None:
    league = league_of(tmp_path / "league.db")
    with Store.open(league.path) as store:
        first = {name: store.learner_state(name) for name in ROLES}
    told: list[Event] = []
    league.run_season(GAME, preset="alphastar", notify=told.append, **{**SMALL, "rounds": 2})
    anew = [event.trained.name for event in told if isinstance(event, LearnerFroze) and event.trained.anew]
    with Store.open(league.path) as store:
        assert store.learner_state("sly") == first["sly"]
        assert store.learner_state("main") != first["main"]
        assert store.learning("sly").steps == 0 < store.checkpoints(agent="sly")[-1].steps
        assert store.tally("sly") == []
        assert store.tally("main")
        assert store.draws("sly")
    assert "sly" in anew
    assert "main" not in anew
    assert league.verify() == []


def test_after_a_reset_nothing_is_believed_of_the_learner_but_what_it_was_at_first(tmp_path: Path) -> None:
    league = league_of(tmp_path / "league.db")
    league.run_season(GAME, preset="alphastar", **{**SMALL, "rounds": 2})
    task = task_of(league, "sly")
    assert task.tally.counts == {}
    assert (task.phases, task_of(league, "sly", preset="self-play").phases) == (1, None)
    with Store.open(league.path) as store:
        ratings = {str(who): rating for who, rating in store.standings(GAME).ratings.items()}
        model = RATINGS.make("trueskill")
        win, even, _ = model.predict(ratings["sly@1"], ratings["main@1"], store.standings(GAME).counters)
    predicted = {str(one.checkpoint): one.win_rate for one in task.pool}
    assert predicted["main@1"] == pytest.approx(win + even / 2)


def test_a_learner_that_was_given_weights_begins_anew_with_them(tmp_path: Path) -> None:
    league = league_of(tmp_path / "league.db", {"main": "main"})
    league.run_season(GAME, **{**SMALL, "rounds": 1})
    league.register("heir", "ppo(hidden=(8,))", game=GAME, role="main-exploiter", parent="main@2", check=False)
    with Store.open(league.path) as store:
        first = store.learner_state("heir")
    league.run_season(GAME, preset="alphastar", **{**SMALL, "rounds": 2})
    with Store.open(league.path) as store:
        assert store.learner_state("heir") == first


def test_every_training_match_is_explained(undisturbed: tuple[League, list[Event]]) -> None:
    league, told = undisturbed
    last = {event.trained.name: event.trained for event in told if isinstance(event, LearnerFroze | LearnerWentOn)}
    for name in ROLES:
        draws = league.agent(name).draws
        assert sum(row.drawn for row in draws) == last[name].games
        assert 0.9 < sum(row.probability for row in draws) < 1 + 1e-9  # but for whom nobody drew
        assert {(row.season, row.round) for row in draws} == {(1, 3)}
        assert all(row.wins + row.draws <= row.games <= row.drawn for row in draws)
    branches = {name: {row.branch for row in league.agent(name).draws} for name in ROLES}
    assert branches["main"] >= {"everybody, pfsp hard", "self-play"}
    assert all(branch.startswith("exploit main: ") for branch in branches["sly"])
    assert branches["hunter"] == {"exploit everybody, pfsp capped"}
    assert {row.opponent.agent for row in league.agent("sly").draws} == {"main"}


def test_a_match_against_itself_tells_nothing_of_a_learner(undisturbed: tuple[League, list[Event]]) -> None:
    (itself,) = [row for row in undisturbed[0].agent("main").draws if row.opponent.version == 0]
    assert (str(itself.opponent), itself.games, itself.win_rate) == ("main@0", 0, None)
    assert itself.drawn > 0


@pytest.mark.parametrize("preset", ["alphastar", "openai-five", "psro"])
def test_a_season_that_is_interrupted_after_every_event_resumes_to_the_same_bits(tmp_path: Path, preset: str) -> None:
    whole, torn = league_of(tmp_path / "whole.db"), league_of(tmp_path / "torn.db")
    interruptions, short = 0, {**SMALL, "rounds": 3}
    whole.run_season(GAME, preset=preset, **short)
    while not any(season.finished for season in torn.seasons()):
        seen: list[Event] = []

        def stop(event: Event, seen: list[Event] = seen) -> None:
            seen.append(event)
            if len(seen) > 2:  # a round that begins again says so first
                raise KeyboardInterrupt

        try:
            torn.run_season(GAME, preset=preset, notify=stop, **short)
        except KeyboardInterrupt:
            interruptions += 1
    assert interruptions > 8
    assert all_there_is(torn) == all_there_is(whole)
    assert torn.verify() == []


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_plays_a_season(tmp_path: Path, preset: str) -> None:
    league = league_of(tmp_path / "league.db")
    league.run_season(GAME, preset=preset, **{**SMALL, "rounds": 2})
    gated = preset == "alphastar"
    assert versions(league, "main") == ([(1, None), (2, 1)] if gated else [(1, None), (2, 0), (3, 1)])
    branches = {row.branch for row in league.agent("main").draws}
    expected = {
        "self-play": {"latest", "uniform"},
        "openai-five": {"latest", "quality"},
        "fictitious-play": {"uniform"},
        "psro": {"nash"},
    }
    assert gated or branches == expected[preset]


def test_the_default_is_the_self_play_of_before(tmp_path: Path) -> None:
    named, plain = league_of(tmp_path / "named.db"), league_of(tmp_path / "plain.db")
    named.run_season(GAME, opponents="mixture(latest=0.8)", **{**SMALL, "rounds": 2})
    plain.run_season(GAME, **{**SMALL, "rounds": 2})
    assert all_there_is(named) == all_there_is(plain)


def test_explicit_opponents_win_over_the_preset_s(tmp_path: Path) -> None:
    league = league_of(tmp_path / "league.db")
    league.run_season(GAME, preset="alphastar", opponents="uniform", **{**SMALL, "rounds": 2})
    assert {row.branch for name in ROLES for row in league.agent(name).draws} == {"uniform"}
    assert versions(league, "main") == [(1, None), (2, 1)]


def test_quality_falls_in_training_and_is_taken_up_in_the_next_round(tmp_path: Path) -> None:
    league = league_of(tmp_path / "league.db", {"main": "main"})
    league.run_season(GAME, opponents="quality", **{**SMALL, "rounds": 1})
    with Store.open(league.path) as store:
        kept = {row.opponent: row.quality for row in store.tally("main")}
    won = {row.opponent for row in league.agent("main").draws if row.wins}
    assert won
    assert all((quality < 0) == (who in won) for who, quality in kept.items())
    counts = task_of(league, "main").tally.counts
    assert {who: count.quality for who, count in counts.items()} == kept


def test_the_pool_s_payoffs_are_its_rated_games_shrunk_to_its_ratings(tmp_path: Path) -> None:
    league = league_of(tmp_path / "league.db")
    league.run_season(GAME, **{**SMALL, "rounds": 2, "games": 40})
    assert {one.payoffs for one in task_of(league, "main").pool} == {()}
    pool = task_of(league, "main", preset="psro").pool
    with Store.open(league.path) as store:
        known = store.payoffs(GAME)
    for row, one in enumerate(pool):
        assert one.payoffs[row] == 0.5
        for column, other in enumerate(pool):
            assert one.payoffs[column] + other.payoffs[row] == pytest.approx(1)
            met = known.get((one.checkpoint, other.checkpoint))
            if met is not None and one != other:
                least, most = met.wins + met.draws / 2, met.wins + met.draws / 2 + 10
                assert least <= one.payoffs[column] * (met.games + 10) <= most


def test_draws_are_told_busiest_first(undisturbed: tuple[League, list[Event]]) -> None:
    drawn = [row.drawn for row in undisturbed[0].agent("hunter").draws]
    assert drawn == sorted(drawn, reverse=True)
    assert len(drawn) > 1
    assert undisturbed[0].agent("bot").draws == ()


def test_a_name_that_was_given_up_is_not_what_explains_a_draw(undisturbed: tuple[League, list[Event]]) -> None:
    """Rows know agents by number, so that a rename reaches what was drawn before."""
    copy = undisturbed[0].path.with_name("copy.db")
    undisturbed[0].backup(copy)
    league = League(copy)
    league.rename("main", "queen")
    assert {row.opponent.agent for row in league.agent("sly").draws} == {"queen"}
    assert league.agent("queen").draws
