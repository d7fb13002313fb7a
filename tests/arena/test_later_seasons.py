"""Seasons unlike the one before: another field, other rules, other machines, learners that break and are mended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch

from arena import League
from arena.errors import BadConfig
from arena.season import ChunkPlayed, Event, LearnerFroze, RoundRated
from games.errors import ArenaError, BadSpec, CheckFailed, UnknownName
from tests.plugins import turning

SHORT = {"rounds": 1, "train": 60, "boards": 16, "chunk": 16, "games": 4, "history": 1}
TURNING = "tests.plugins.turning"


def league_of(path: Path, *agents: str, game: str = "tic_tac_toe") -> League:
    league = League(path)
    for name, spec in (agent.split("=", 1) for agent in agents):
        league.register(name, spec, game=game, check=False)
    return league


def starters(path: Path) -> League:
    return league_of(path / "league.db", "ppo=ppo(hidden=[8])", "uniform=uniform", "tactician=tactician")


def test_a_learner_may_have_met_somebody_who_is_retired_since(tmp_path: Path) -> None:
    league = starters(tmp_path)
    league.run_season("tic_tac_toe", **SHORT)
    league.retire("tactician")
    assert league.run_season("tic_tac_toe", **SHORT).finished
    assert any(row.opponent.agent == "tactician" for row in league.agent("ppo").tally)


def test_a_later_season_may_have_a_smaller_field(tmp_path: Path) -> None:
    league = starters(tmp_path)
    league.run_season("tic_tac_toe", **SHORT)
    assert league.run_season("tic_tac_toe", ["ppo", "uniform"], **SHORT).entrants == ("ppo", "uniform")


def test_a_league_is_the_same_whatever_the_number_of_cores(tmp_path: Path) -> None:
    script = (
        "import sys; from arena import League; league = League(sys.argv[1]);"
        "league.register('ppo', 'ppo', game='connect_four');"
        "print(league.status()['digest'])"
    )
    digests = set()
    for threads in "12":
        command = [sys.executable, "-c", script, str(tmp_path / f"{threads}.db")]
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        digests.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(digests) == 1


def test_a_season_leaves_the_caller_s_threads_as_they_were(tmp_path: Path) -> None:
    league, before = starters(tmp_path), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        league.run_season("tic_tac_toe", **SHORT)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("way", ["nan_weights", "nan_state", "no_metrics", "raises", "other_shape"])
def test_a_learner_that_breaks_is_named_and_freezes_nothing_and_goes_on_when_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    league = league_of(tmp_path / "league.db", f"alice={TURNING}:Breaking", "uniform=uniform")
    monkeypatch.setattr(turning, "WAY", way)
    with pytest.raises(CheckFailed, match="'alice' broke while"):
        league.run_season("tic_tac_toe", **SHORT)
    assert [str(row.checkpoint) for row in league.agent("alice").checkpoints] == ["alice@1"]
    monkeypatch.setattr(turning, "WAY", "well")
    assert league.resume().finished
    assert [str(row.checkpoint) for row in league.agent("alice").checkpoints] == ["alice@1", "alice@2"]


def test_new_rules_are_recorded_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    game = f"{TURNING}:Changing"
    league = league_of(tmp_path / "league.db", "one=uniform", "other=tactician", game=game)
    league.run_season(game, **SHORT)
    monkeypatch.setattr(turning, "VERSION", 2)
    league.run_season(game, **SHORT)
    assert {row.season: row.version for row in league.matches(limit=100)} == {1: 1, 2: 2}
    assert list(league.verify_matches([league.matches(season=2)[0].id])) == []


def test_a_season_is_not_continued_under_other_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    game = f"{TURNING}:Changing"
    league = league_of(tmp_path / "league.db", "one=uniform", "other=tactician", game=game)

    def stop(event: Event) -> None:
        if isinstance(event, ChunkPlayed):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        league.run_season(game, notify=stop, **{**SHORT, "games": 40})
    monkeypatch.setattr(turning, "VERSION", 2)
    with pytest.raises(CheckFailed, match=r"season 1 was begun with version 1 of .*, installed is version 2"):
        league.resume()


@pytest.mark.parametrize(
    ("schedule", "matches"),
    [
        ("gauntlet('ppo')", 16),
        ("gauntlet(agent='ppo')", 16),
        ("gauntlet('ppo', 2)", 4),
        ("round_robin", 24),
        ("round_robin(2)", 6),
    ],
)
def test_the_season_s_games_hold_unless_the_schedule_says_others(tmp_path: Path, schedule: str, matches: int) -> None:
    league = starters(tmp_path)
    row = league.run_season("tic_tac_toe", **{**SHORT, "games": 8, "train": 0, "history": 0, "schedule": schedule})
    assert row.matches == matches


def test_a_schedule_that_cannot_be_played_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    league = starters(tmp_path)
    with pytest.raises(ArenaError, match="'nobody'"):
        league.run_season("tic_tac_toe", **{**SHORT, "schedule": "gauntlet('nobody')"})
    assert league.seasons() == []


def test_a_season_whose_last_round_would_be_without_measure_is_refused_before_it_begins(tmp_path: Path) -> None:
    league = starters(tmp_path)
    huge = {**SHORT, "games": 250_000}
    for ask in (league.run_season, league.plan_season):
        with pytest.raises(BadConfig, match="a round would have 1,500,000 matches or more, expected at most 250,000"):
            ask("tic_tac_toe", **huge)
    with pytest.raises(BadConfig, match="matches or more"):  # by the history of its last round
        league.run_season("tic_tac_toe", **{**SHORT, "rounds": 600, "history": 600, "games": 2})
    assert league.seasons() == []


def test_a_plan_says_how_many_matches_a_round_has_at_most(tmp_path: Path) -> None:
    league = starters(tmp_path)
    settings = {**SHORT, "rounds": 3, "games": 2, "history": 1}
    _, _, extent = league.plan_season("tic_tac_toe", **settings)
    league.run_season("tic_tac_toe", **settings)
    rounds = Counter(row.round for row in league.matches(limit=10_000))
    assert max(rounds.values()) == rounds[2] == extent.matches.most


@pytest.mark.parametrize("schedule", ["swiss", "knockout", "ladder(games=6)"])
def test_a_plan_says_how_long_a_schedule_in_stages_goes_on(tmp_path: Path, schedule: str) -> None:
    league = starters(tmp_path)
    settings = {**SHORT, "rounds": 2, "history": 1, "schedule": schedule}
    _, _, extent = league.plan_season("tic_tac_toe", **settings)
    league.run_season("tic_tac_toe", **settings)
    rounds = Counter(row.round for row in league.matches(limit=10_000))
    assert extent.matches.most is not None
    assert extent.matches.least <= rounds[1] <= extent.matches.most
    assert extent.stages.least > 1


@pytest.mark.parametrize(
    ("setting", "plugin", "kind"),
    [("opponents", "moody", "opponent mix"), ("schedule", "Capricious", "matchmaker")],
)
def test_a_plugin_that_fails_in_a_season_names_itself_and_the_season_goes_on_when_it_is_mended(
    tmp_path: Path, setting: str, plugin: str, kind: str
) -> None:
    league, flag = starters(tmp_path), tmp_path / "now"

    def turn(event: Event) -> None:
        if isinstance(event, RoundRated) and event.number == 0:
            flag.touch()

    settings = {**SHORT, "rounds": 2, setting: f"tests.plugins.my_schedules:{plugin}(flag={str(flag)!r})"}
    with pytest.raises(BadSpec, match=f"the {kind} '?\"?tests.plugins.my_schedules:{plugin}.* does not work: ") as failed:
        league.run_season("tic_tac_toe", notify=turn, **settings)
    assert "arena season resume" in str(failed.value.hint)
    assert league.season(1).rounds == 1
    flag.unlink()
    assert league.resume().rounds == 2


def test_agents_are_closed_with_the_season(tmp_path: Path) -> None:
    notes = tmp_path / "closed"
    league = league_of(tmp_path / "league.db", f"polite={TURNING}:Polite({str(notes)!r})", "uniform=uniform")
    for workers in (1, 2):
        league.run_season("tic_tac_toe", workers=workers, **{**SHORT, "rounds": workers})
        told = notes.read_text().split()
        assert told.count("made") == told.count("closed") > 0, f"{workers} workers"


def test_an_unknown_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    league = starters(tmp_path)
    monkeypatch.setenv("ARENA_ROUND", "3")
    with pytest.raises(BadConfig, match=r"no setting is called 'round' .in the environment.; did you mean 'rounds'"):
        league.run_season("tic_tac_toe", **SHORT)


def test_the_workers_of_a_resumed_season_come_from_the_environment_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    league = starters(tmp_path)

    def stop(event: Event) -> None:
        if isinstance(event, LearnerFroze):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        league.run_season("tic_tac_toe", notify=stop, **SHORT)
    monkeypatch.setenv("ARENA_DEVICE", "cuda:99")
    with pytest.raises(BadConfig, match="no device 'cuda:99'"):
        league.resume()
    monkeypatch.setenv("ARENA_DEVICE", "cpu")
    assert league.resume().finished


def test_an_agent_whose_module_is_gone_is_named_before_the_season_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    league = league_of(tmp_path / "league.db", "one=uniform", "other=tactician", f"gone={TURNING}:Breaking")
    monkeypatch.delattr(turning, "Breaking")
    with pytest.raises(BadConfig, match=r"'gone' cannot play: .*Breaking"):
        league.run_season("tic_tac_toe", **SHORT)
    assert league.seasons() == []
    league.retire("gone")
    assert league.run_season("tic_tac_toe", **SHORT).finished


def test_a_misspelt_game_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'tic_tac_toe'"):
        starters(tmp_path).run_season("tictactoe", **SHORT)


def test_a_learner_that_gives_its_own_tensors_away_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match=r"learning changed what state\(\) or policy\(\) had given"):
        League(tmp_path / "league.db").register("leaky", f"{TURNING}:Leaky", game="tic_tac_toe")
