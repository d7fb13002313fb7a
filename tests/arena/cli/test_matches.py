"""What was played: boards, matches, replays, and the proof that they are what they say."""

from __future__ import annotations

import csv
import json
import sqlite3
from itertools import count
from pathlib import Path
from xml.etree import ElementTree

import pytest

from arena.file import VERSION
from tests.arena.cli.conftest import Type, typed

BEYOND = str(10**20)  # 64 bits end at some 9e18


def test_the_leaderboard_comes_as_table_json_csv_and_markdown(played: Path) -> None:
    text = typed(played, "leaderboard").stdout
    facts = json.loads(typed(played, "leaderboard", "--json").stdout)
    rows = list(csv.reader(typed(played, "leaderboard", "--format", "csv").stdout.splitlines()))
    marked = typed(played, "leaderboard", "--format", "md").stdout.splitlines()
    names = [place["checkpoint"] for place in facts["places"]]
    assert facts["schema"] == 1
    assert [row[1].removesuffix(" ⚓") for row in rows[1:]] == names
    assert marked[1] == "|" + " --- |" * len(rows[0])
    assert [line.split()[1] for line in text.splitlines()[1 : 1 + len(names)]] == names
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text


def test_json_is_json_however_it_is_asked_for(played: Path) -> None:
    assert typed(played, "leaderboard", "--format", "json").stdout == typed(played, "leaderboard", "--json").stdout


def test_the_best_and_every_checkpoint(played: Path) -> None:
    def places(*words: str) -> list[str]:
        return [one["checkpoint"] for one in json.loads(typed(played, "leaderboard", "--json", *words).stdout)["places"]]

    assert len(places("--top", "1")) == 1
    assert {"alice@1", "alice@2", "alice@3"} <= set(places("--all"))
    assert typed(played, "leaderboard", "--game", "chess").exit_code == 3


def test_output_goes_whole_into_a_file(played: Path, tmp_path: Path) -> None:
    done = typed(played, "leaderboard", "-o", str(tmp_path / "board.txt"))
    assert done.stdout == ""
    assert (tmp_path / "board.txt").read_text() == typed(played, "leaderboard").stdout
    gone = typed(played, "leaderboard", "-o", str(tmp_path / "no" / "board.txt"))
    assert gone.exit_code == 1
    assert "No such file or directory" in gone.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("matches", "show", BEYOND),
        ("matches", "verify", BEYOND),
        ("matches", "list", "--before", BEYOND),
        ("matches", "list", "--season", BEYOND),
        ("replay", BEYOND),
        ("replay", BEYOND, "--verify"),
        ("season", "show", BEYOND),
        ("season", "end", BEYOND),
    ],
    ids=" ".join,
)
def test_a_number_beyond_all_numbers_is_not_found(played: Path, words: tuple[str, ...]) -> None:
    done = typed(played, *words)
    assert done.exit_code == 3
    assert "has nothing of so large a number" in done.stderr
    assert "arena matches list" in done.stderr


def test_the_match_log_pages_from_the_newest_back(played: Path) -> None:
    first = json.loads(typed(played, "matches", "list", "--limit", "5", "--json").stdout)
    then = json.loads(typed(played, "matches", "list", "--limit", "5", "--json", "--before", str(first["before"])).stdout)
    ids = [row["id"] for row in first["matches"] + then["matches"]]
    assert ids == list(range(ids[0], ids[0] - 10, -1))
    assert f"--before {first['before']}" in typed(played, "matches", "list", "--limit", "5").stderr
    of_rocky = json.loads(typed(played, "matches", "list", "--agent", "rocky", "--json").stdout)["matches"]
    assert all("rocky@1" in row["lineup"] for row in of_rocky)
    assert typed(played, "matches", "list", "--agent", "rockey").exit_code == 3


def test_a_match_shows_its_seats_and_how_to_see_it(played: Path) -> None:
    done = typed(played, "matches", "show", "1")
    assert "seat  agent" in done.stdout
    assert f"see it: arena --league {played} replay 1" in done.stdout


@pytest.mark.parametrize("words", [["matches", "show"], ["replay"], ["matches", "verify"]], ids=" ".join)
def test_a_match_that_does_not_exist(played: Path, words: list[str]) -> None:
    done = typed(played, *words, "999999")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "error: there is no match 999999\n       the log ends at " in done.stderr
    assert typed(played, *words, "zero").exit_code == 2


def test_a_replay_tells_every_step(played: Path) -> None:
    told = typed(played, "replay", "1").stdout
    assert told.startswith("seat 0 ")
    assert "step 1: " in told
    assert told.endswith("finished after 1 step\n")
    assert typed(played, "replay", "1", "--step").stdout.startswith(told.partition("\n\n")[0])
    assert "nothing played" not in typed(played, "replay", "1", "--at", "1").stdout
    assert typed(played, "replay", "1", "--at", "2").exit_code == 2


def test_a_replay_as_json_and_as_a_picture(played: Path, tmp_path: Path) -> None:
    facts = json.loads(typed(played, "replay", "1", "--json").stdout)
    assert [frame["step"] for frame in facts["frames"]] == [0, 1]
    assert facts["match"]["id"] == 1
    assert typed(played, "replay", "1", "--format", "svg", "-o", str(tmp_path / "end.svg")).exit_code == 0
    assert ElementTree.parse(tmp_path / "end.svg").getroot().tag.endswith("svg")
    first = typed(played, "replay", "1", "--format", "svg", "--at", "0").stdout
    assert first != (tmp_path / "end.svg").read_text()


def test_matches_are_verified_against_their_tapes(played: Path) -> None:
    assert "agree with their tapes" in typed(played, "matches", "verify", "--all").stdout
    assert typed(played, "replay", "1", "--verify").exit_code == 0
    assert typed(played, "matches", "verify").exit_code == 2


def test_an_exhibition_says_the_score_and_how_sure_it_is(played: Path) -> None:
    done = typed(played, "match", "rocky", "anchor", "--games", "40")
    assert done.exit_code == 0
    assert done.stdout.startswith("rocky@1 against anchor@1: 40 games of rock_paper_scissors\n")
    facts = json.loads(typed(played, "match", "rocky", "anchor", "--games", "40", "--json").stdout)
    assert facts["wins"] + facts["draws"] + facts["losses"] == 40
    assert typed(played, "match", "rocky", "nobody").exit_code == 3
    assert typed(played, "match", "rocky").exit_code == 2


def test_payoffs_as_table_and_json(played: Path) -> None:
    facts = json.loads(typed(played, "analyze", "payoff", "--json").stdout)
    size = len(facts["checkpoints"])
    assert [len(row) for row in facts["win_rates"]] == [size] * size
    shown = typed(played, "analyze", "payoff", "--top", "2").stdout
    assert "win_rate of the row against the column, and in how many games" in shown
    rate, games = facts["win_rates"][0][1], facts["games"][0][1]
    assert f"{rate:.0%} ({games})" in shown


def test_the_file_is_counted_verified_and_copied(league: Path, tmp_path: Path) -> None:
    status = json.loads(typed(league, "db", "status", "--json").stdout)["status"]
    assert status["matches"] == 32
    assert typed(league, "db", "verify").exit_code == 0
    copy = tmp_path / "copy.db"
    assert typed(league, "db", "backup", str(copy)).exit_code == 0
    assert json.loads(typed(copy, "db", "status", "--json").stdout)["status"]["digest"] == status["digest"]
    assert typed(league, "db", "backup", str(copy)).exit_code == 4
    assert "up to date" in typed(league, "db", "upgrade").stdout


def test_a_changed_tape_is_found_and_named(league: Path) -> None:
    with sqlite3.connect(league) as db:
        db.execute("UPDATE matches SET tape = x'' WHERE id = 3")
    done = typed(league, "db", "verify")
    assert done.exit_code == 7
    assert "match 3" in done.stdout
    replayed = typed(league, "matches", "verify", "--all", "--json")
    assert replayed.exit_code == 7
    assert [one["match"] for one in json.loads(replayed.stdout)["problems"]] == [3]
    assert typed(league, "replay", "3", "--verify").exit_code == 7


def test_a_changed_weight_is_found_and_named(league: Path) -> None:
    with sqlite3.connect(league) as db:
        sha, data = db.execute("SELECT sha, data FROM weights ORDER BY sha LIMIT 1").fetchone()
        db.execute("UPDATE weights SET data = ? WHERE sha = ?", (data[:-1] + bytes([data[-1] ^ 1]), sha))
    done = typed(league, "db", "verify")
    assert done.exit_code == 7
    assert str(sha) in done.stdout


@pytest.mark.parametrize("words", [["leaderboard"], ["db", "verify"], ["season", "resume"], ["doctor"]], ids=" ".join)
@pytest.mark.parametrize("content", [b"dear diary", b"SQLite format 3\0" + bytes(200)], ids=["text", "foreign"])
def test_a_file_that_is_no_league_is_refused_and_left_as_it_was(tmp_path: Path, words: list[str], content: bytes) -> None:
    path = tmp_path / "league.db"
    path.write_bytes(content)
    done = typed(path, *words)
    assert done.exit_code == (7 if words == ["doctor"] else 4)
    assert "is not an Arena league" in done.output
    assert path.read_bytes() == content


def test_an_empty_file_is_no_league_yet(tmp_path: Path) -> None:
    path = tmp_path / "league.db"
    path.touch()
    assert {typed(path, *words).exit_code for words in (["leaderboard"], ["db", "verify"], ["season", "resume"])} == {3}
    assert "is not there yet" in typed(path, "doctor").stdout
    assert path.read_bytes() == b""


def test_a_league_from_the_future_is_refused_and_left_as_it_was(league: Path) -> None:
    with sqlite3.connect(league) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    before = league.read_bytes()
    for words in (["leaderboard"], ["season", "run", "--game", "rock_paper_scissors"], ["db", "upgrade"]):
        done = typed(league, *words)
        assert done.exit_code == 4
        assert f"schema 9999, expected {VERSION}" in done.stderr
    assert league.read_bytes() == before


def test_a_game_shows_its_data_sheet_and_is_checked(arena: Type) -> None:
    shown = arena("games", "show", "connect_four").stdout
    assert "Observation  (2, 6, 7) float32" in shown
    assert "seats        2, in turn" in shown
    assert "connect_four" in arena("games", "list").stdout
    assert arena("games", "check", "my_games:Mine").stdout == "ok  my_games:Mine keeps the promises of a game\n"
    broken = arena("games", "check", "my_games:Generous")
    assert broken.exit_code == 7
    assert "spec.return_range" in broken.stderr
    assert arena("games", "show", "conect_four").exit_code == 3


def test_rounds_count_from_1_in_words_and_in_json_alike(played: Path) -> None:
    rows = list(csv.reader(typed(played, "matches", "list", "--format", "csv").stdout.splitlines()))
    told = json.loads(typed(played, "matches", "list", "--json").stdout)["matches"]
    assert [row[2] for row in rows[1:]] == [str(match["round"]) for match in told]
    assert {match["round"] for match in told} == {1, 2}
    shown = json.loads(typed(played, "matches", "show", "1", "--json").stdout)
    assert f"season 1, round {shown['match']['round']}" in " ".join(typed(played, "matches", "show", "1").stdout.split())
    alice = json.loads(typed(played, "agents", "show", "alice", "--json").stdout)
    assert [(one["season"], one["round"]) for one in alice["checkpoints"]] == [(None, None), (1, 1), (1, 2)]
    assert {one["round"] for one in alice["latest_draws"]} == {2}
    assert {one["round"] for one in alice["trained_against"]} <= {1, 2}
    tree = json.loads(typed(played, "analyze", "lineage", "--json").stdout)["checkpoints"]
    assert [one["round"] for one in tree if one["checkpoint"].startswith("alice")] == [None, 1, 2]


def test_one_step_is_not_said_in_the_plural(played: Path, league: Path) -> None:
    assert "finished after 1 step\n" in typed(played, "matches", "show", "1").stdout
    assert "match 1 has 1 step, got --at 2" in typed(played, "replay", "1", "--at", "2").stderr
    done = typed(league, "season", "run", "--game", "rock_paper_scissors", "--rounds", "1", "--train", "0", "--games", "4")
    assert " in 1 step; the ratings gave it" in done.stdout
    assert ": 1 game of rock_paper_scissors" in typed(played, "match", "rocky", "anchor", "--games", "1").stdout


def test_a_check_that_lasts_says_how_far_it_is(arena: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "boards are independent" not in arena("games", "check", "tic_tac_toe").stderr
    clock = count(step=60)
    monkeypatch.setattr("arena.progress.monotonic", lambda: next(clock))
    done = arena("games", "check", "tic_tac_toe")
    assert "boards are independent" in done.stderr
    assert done.stdout == "ok  tic_tac_toe keeps the promises of a game\n"


def test_the_doctor_looks_at_machine_and_league(played: Path, arena: Type) -> None:
    told = typed(played, "doctor").stdout
    for what in ("python", "torch", "league", "lock", "folder"):
        assert f"ok    {what}" in told
    assert "is not there yet" in arena("doctor").stdout
    assert {one["state"] for one in json.loads(arena("doctor", "--json").stdout)["findings"]} <= {"ok", "warn"}


def test_what_an_agent_prints_does_not_mix_with_the_data(arena: Type) -> None:
    arena("register", "chatter", "bad_bots:Chatterbox", "--game", "tic_tac_toe")
    told = arena("match", "chatter", "chatter", "--games", "4", "--json")
    assert json.loads(told.stdout)["games"] == 4
    assert "chatter: acting" in told.stderr
