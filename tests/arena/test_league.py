"""The league as one object: what a user can do, said again by the tests in the user's order."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from agents.errors import BadWeights
from arena import League
from arena.errors import AlreadyExists, BadConfig, BadName, NotFound
from arena.ratings.model import Standings
from arena.registration import LARGEST
from arena.season import ChunkPlayed, Event
from arena.store import Store
from games.errors import BadSpec, CheckFailed, UnknownName

SMALL = {"rounds": 2, "train": 30, "boards": 8, "games": 2, "history": 1}
PPO = "ppo(hidden=(8,))"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> League:
    league = League(tmp_path_factory.mktemp("league") / "league.db")
    league.register("alice", PPO, game="tic_tac_toe")
    league.register("bot", "uniform", game="tic_tac_toe", role="anchor")
    league.register("tactician", "tactician", game="tic_tac_toe")
    league.run_season("tic_tac_toe", **SMALL)
    return league


@pytest.fixture
def league(tmp_path: Path) -> League:
    return League(tmp_path / "league.db")


def test_registering_tells_how_the_health_game_went(league: League) -> None:
    first = league.register("bot", "uniform", game="tic_tac_toe")
    assert (str(first.checkpoint), first.existed) == ("bot@1", False)
    assert first.health is not None
    again = league.register("bot", "uniform", game="tic_tac_toe", if_exists="skip")
    assert (again.checkpoint, again.health, again.existed) == (first.checkpoint, None, True)


@pytest.mark.parametrize(
    ("name", "spec", "game", "kind"),
    [
        ("bad name", "uniform", "tic_tac_toe", BadName),
        ("bot", "uniform(", "tic_tac_toe", BadSpec),
        ("bot", "uniform(depth=2)", "tic_tac_toe", BadSpec),
        ("bot", "unifrom", "tic_tac_toe", UnknownName),
        ("bot", "uniform", "tic_tac_to", UnknownName),
        ("bot", "grudger", "tic_tac_toe", BadSpec),
        ("bot", "tests.agents.planted:Fragile", "tic_tac_toe", CheckFailed),
    ],
)
def test_who_cannot_be_registered_leaves_nothing_behind(
    league: League, name: str, spec: str, game: str, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        league.register(name, spec, game=game)
    assert not league.path.exists()


def test_a_name_is_taken_once_and_a_role_is_one_of_four(league: League) -> None:
    league.register("bot", "uniform", game="tic_tac_toe", check=False)
    with pytest.raises(AlreadyExists):
        league.register("Bot", "tactician", game="tic_tac_toe", check=False)
    with pytest.raises(BadConfig, match="no role is called 'boss'"):
        league.register("boss", "uniform", game="tic_tac_toe", role="boss", check=False)
    with pytest.raises(BadConfig, match="'uniform' does not learn, so it cannot be a main-exploiter"):
        league.register("sly", "uniform", game="tic_tac_toe", role="main-exploiter", check=False)


def test_a_child_begins_with_its_parent_s_weights(played: League, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    played.backup(copy)
    league = League(copy)
    child = league.register("child", PPO, game="tic_tac_toe", parent="alice@2", check=False).checkpoint
    assert league.weights("child") == league.weights("alice@2") != league.weights("alice@1")
    assert child.weights == league.agent("alice").checkpoints[1].checkpoint.weights
    assert [entrant.name for entrant, _ in league.lineage("child")] == ["alice", "child"]
    with pytest.raises(NotFound):
        league.register("orphan", PPO, game="tic_tac_toe", parent="alice@99", check=False)


def test_a_learner_begins_with_the_weights_of_a_file(played: League, league: League, tmp_path: Path) -> None:
    path = tmp_path / "alice.safetensors"
    path.write_bytes(played.weights("alice"))
    league.register("heir", PPO, game="tic_tac_toe", weights=path, check=False)
    assert league.weights("heir") == path.read_bytes()
    with pytest.raises(BadWeights):
        league.register("broad", "ppo(hidden=(9,))", game="tic_tac_toe", weights=path, check=False)
    with pytest.raises(NotFound, match="cannot be read"):
        league.register("lost", PPO, game="tic_tac_toe", weights=tmp_path / "gone", check=False)
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "endless").open("wb") as file:
        file.truncate(LARGEST + 1)
    for endless in (Path("/dev/zero"), tmp_path / "pipe", tmp_path / "endless", tmp_path):
        with pytest.raises(BadWeights, match="a regular file of at most 1,000,000,000 bytes"):
            league.register("endless", PPO, game="tic_tac_toe", weights=endless, check=False)
    assert [one.name for one in league.agents()] == ["heir"]


def test_the_log_is_paged_newest_first(played: League) -> None:
    everything = [row.id for row in played.matches(limit=1000)]
    first = played.matches(limit=5)
    second = played.matches(limit=5, before=first[-1].id)
    assert [row.id for row in [*first, *second]] == everything[:10] == sorted(everything, reverse=True)[:10]
    assert {row.id for row in played.matches(agent="alice", limit=1000)} < set(everything)


def test_a_match_of_the_log_replays(played: League) -> None:
    row = played.matches(limit=1)[0]
    replay = played.replay(row.id)
    assert replay.verify() is None
    assert len(list(replay.frames())) == row.result.steps + 1
    with pytest.raises(NotFound):
        played.replay(10**6)


def test_all_matches_verify_and_progress_counts_them(played: League) -> None:
    seen: list[int] = []
    assert list(played.verify_matches(on_progress=seen.append)) == []
    assert sum(seen) == played.status()["matches"]
    assert list(played.verify_matches([1, 3])) == []


def test_the_highlight_is_the_least_expected_win_of_the_last_round(played: League) -> None:
    highlight = played.highlight()
    assert highlight is not None
    rows = [row for row in played.matches(limit=1000) if row.round == 1]
    assert highlight.match.id in {row.id for row in rows}
    lineup, returns = highlight.match.result.match.lineup, highlight.match.result.returns
    assert highlight.winner == lineup[returns.index(max(returns))]
    assert str(highlight.winner) in str(highlight)
    ratings = {
        who: rating.mu for name in ("alice", "bot", "tactician") for who, rating in played.agent(name).ratings.items()
    }
    surprises = [
        ratings[row.result.match.lineup[won]] - ratings[row.result.match.lineup[1 - won]]
        for row in rows
        if len(set(row.result.match.lineup)) == 2 and row.result.returns[0] != row.result.returns[1]
        for won in [row.result.returns.index(max(row.result.returns))]
    ]
    loser = next(one for one in lineup if one != highlight.winner)
    assert ratings[highlight.winner] - ratings[loser] < sorted(surprises)[len(surprises) // 4] + 1e-9


def test_who_proved_no_comparison_is_believed_average(played: League, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    played.backup(copy)
    with Store.open(copy, write=True) as store:
        store.replace_standings("tic_tac_toe", Standings(), [])
    highlight = League(copy).highlight()
    assert highlight is not None
    assert highlight.chance < 0.5  # equals, and some draw


def test_an_exhibition_leaves_no_trace(played: League) -> None:
    before = played.status()["digest"]
    shown = played.exhibition(["tactician", "alice@1"], games=10)
    assert shown.lineup == ("tactician@1", "alice@1")
    assert sum(shown.record) == 10
    assert played.status()["digest"] == before


def test_the_retired_play_no_more_and_the_renamed_stay_themselves(played: League, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    played.backup(copy)
    league, digest = League(copy), played.status()["digest"]
    league.rename("bot", "robot")
    league.retire("robot")
    assert league.status()["digest"] == digest
    assert [one.name for one in league.agents()] == ["alice", "tactician"]
    assert "robot@1" not in {place.checkpoint for place in league.leaderboard().places}
    assert "robot@1 ⚓ (retired)" in str(league.leaderboard(retired=True))
    with pytest.raises(NotFound, match="any more"):
        league.agent("bot")
    with pytest.raises(BadConfig, match="is retired"):
        league.run_season("tic_tac_toe", ["alice", "robot"], **SMALL)


def test_an_empty_league_says_what_to_do_first(league: League) -> None:
    league.register("bot", "uniform", game="tic_tac_toe", check=False)
    assert league.leaderboard().places == ()
    assert league.highlight() is None
    with pytest.raises(NotFound):
        league.resume()
    with pytest.raises(NotFound):
        League(league.path.with_name("nowhere.db")).leaderboard()
    assert not league.path.with_name("nowhere.db").exists()


@pytest.mark.parametrize("game", ["prisoners_dilemma", "coordination", "rock_paper_scissors", "kuhn_poker"])
def test_two_agents_are_a_league_at_every_flavour(league: League, game: str) -> None:
    league.register("one", "uniform", game=game, check=False)
    league.register("two", "fixed(0)" if game != "kuhn_poker" else "caller", game=game, check=False)
    league.run_season(game, rounds=1, games=4)
    assert {place.agent for place in league.leaderboard().places} == {"one", "two"}
    league.highlight()
    str(league.leaderboard())


def test_forfeits_and_voids_are_in_the_log_and_the_season_goes_on(league: League) -> None:
    game = "tests.plugins.odd_games:Cursed"
    bot = "tests.plugins.bad_bots:Saboteur('crash')"
    for name, spec in (("bad", bot), ("bot", "uniform"), ("tactician", "tactician")):
        league.register(name, spec, game=game, check=False)
    told: list[Event] = []
    done = league.run_season(game, rounds=1, games=30, notify=told.append)
    assert done.finished
    rows = league.matches(limit=1000)
    kinds = {str(row.result.ending) for row in rows}
    assert kinds == {"finished", "forfeit(crash)", "void(rules: IndexError)"}
    spoiled = sum(event.spoiled for event in told if isinstance(event, ChunkPlayed))
    assert spoiled == sum(row.result.ending.kind != "finished" for row in rows)
    counted = Counter(str(row.result.ending) for row in rows)
    assert league.spoiled(1) == {ending: count for ending, count in counted.items() if ending != "finished"}
    place = next(place for place in league.leaderboard().places if place.agent == "bad")
    assert place.forfeits == sum(row.result.ending.kind == "forfeit" for row in rows) > 0
    assert place.matches == sum(
        row.result.void is None and "bad" in {one.agent for one in row.result.match.lineup} for row in rows
    )
    assert list(league.verify_matches()) == league.verify() == []
