"""Results from elsewhere: all of a file or nothing, each row once, and rated like any other match."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena import League
from arena.errors import BadConfig, BadRow, CannotPlay, LeagueHeld, NotFound
from arena.importing import Import
from arena.lock import SeasonLock
from tests.arena.stored import killed

HEADER = "home,away,home_score,away_score,neutral\n"
THREE = HEADER + "Ajax,PSV,2,1,no\nPSV,Twente,0,0,yes\nTwente,Ajax,1,3,no\n"


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of results."""

    def write(text: str | bytes, name: str = "games.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def league(tmp_path: Path) -> League:
    return League(tmp_path / "league.db")


def taken(league: League, path: Path, **more: Any) -> Import:
    return league.exchange.import_results(path, game=more.pop("game", "football"), **more)


def test_a_table_becomes_one_finished_season_that_is_rated(league: League, table: Callable[..., Path]) -> None:
    done = taken(league, table(THREE))
    assert (done.rows, done.new, done.season, done.has_rules) == (3, 3, 1, False)
    assert done.agents == ("Ajax", "PSV", "Twente")
    season = league.season(1)
    assert (season.finished, season.rounds, season.matches) == (True, 1, 3)
    assert [place.agent for place in league.leaderboard("football").places] == ["Ajax", "PSV", "Twente"]
    assert [row.result.returns for row in reversed(league.matches())] == [(2.0, 1.0), (0.0, 0.0), (1.0, 3.0)]
    assert [row.result.neutral for row in reversed(league.matches())] == [False, True, False]
    assert league.verify() == []
    before = league.status()["digest"]
    league.rebuild()
    assert league.status()["digest"] == before


def test_the_same_file_twice_changes_nothing(league: League, table: Callable[..., Path]) -> None:
    path = table(THREE + "Ajax,PSV,2,1,no\n")  # one result came up twice
    assert taken(league, path).new == 4
    before = league.status()["digest"]
    again = taken(league, path)
    assert (again.new, again.rows, again.season, again.agents) == (0, 4, None, ())
    assert league.status()["digest"] == before
    assert len(league.seasons()) == 1


def test_a_file_that_has_grown_adds_what_is_new(league: League, table: Callable[..., Path]) -> None:
    taken(league, table(THREE))
    done = taken(league, table(THREE.replace(HEADER, HEADER + "NEC,Ajax,5,0,no\n") + "Ajax,PSV,2,1,no\n"))
    assert (done.new, done.rows, done.season, done.agents) == (2, 5, 2, ("NEC",))
    assert league.status()["matches"] == 5
    assert league.verify() == []


def test_a_file_that_is_read_by_other_columns_counts_again_and_that_is_said(
    league: League, table: Callable[..., Path]
) -> None:
    taken(league, table(THREE))
    path = table(THREE + "Ajax,PSV,9,9,no\n")
    assert taken(league, path).remark == ""
    again = path.rename(path.with_name("another_name.csv"))
    trial = taken(league, again, columns={"neutral": ""}, dry_run=True)
    done = taken(league, again, columns={"neutral": ""})
    assert done.new == 1  # the one that was told as neutral
    assert done.remark == trial.remark
    told = "this very file was imported before, as season 2, and only 3 of its 4 rows are known again"
    assert f"note          {told}" in str(done)


@pytest.mark.parametrize("second", [HEADER + "NEC,Ajax,5,0,no\n", HEADER + "NEC,Ajax,5,0,no\nPSV,Ajax,1,0,no\n" * 2])
def test_another_weeks_results_under_the_same_name_are_no_mistake(
    league: League, table: Callable[..., Path], second: str
) -> None:
    taken(league, table(THREE))
    done = taken(league, table(second))
    assert done.new == done.rows
    assert "note" not in str(done)


def test_two_exports_under_the_same_name_are_no_mistake(league: League, table: Callable[..., Path], tmp_path: Path) -> None:
    taken(league, table(THREE))
    taken(league, table(HEADER + "NEC,Ajax,5,0,no\n"))
    third, file = League(tmp_path / "third.db"), tmp_path / "results.csv"
    for season in (1, 2):
        league.exchange.export_results(file, game="football", season=season)
        done = taken(third, file)
        assert (done.new, done.remark) == (done.rows, "")


def test_an_export_that_is_taken_for_others_counts_again_and_that_is_said(
    league: League, table: Callable[..., Path], tmp_path: Path
) -> None:
    taken(league, table(THREE))
    file = tmp_path / "results.csv"
    league.exchange.export_results(file, game="football")
    third = League(tmp_path / "third.db")
    assert taken(third, file).remark == ""
    assert taken(third, file, columns={"uid": ""}).remark.startswith("this very file was imported before, as season 1")


def test_a_renamed_agent_is_known_by_its_former_name(league: League, table: Callable[..., Path]) -> None:
    taken(league, table(THREE))
    league.rename("Ajax", "Amsterdam")
    assert taken(league, table(THREE)).new == 0
    assert taken(league, table(THREE + "Ajax,PSV,9,9,no\n")).agents == ()
    assert league.matches(limit=1)[0].result.match.lineup[0].agent == "Amsterdam"


@pytest.mark.parametrize(
    ("cells", "returns"),
    [
        ("1-0 0-1 1/2-1/2", [(1, -1), (-1, 1), (0, 0)]),
        ("W L D", [(1, -1), (-1, 1), (0, 0)]),
        ("1 0 0.5", [(1, -1), (-1, 1), (0, 0)]),
    ],
)
def test_one_column_can_tell_who_won(
    league: League, table: Callable[..., Path], cells: str, returns: list[tuple[float, float]]
) -> None:
    rows = "".join(f"a,b,{cell}\n" for cell in cells.split())
    path = table("black;white;who\n".replace(";", ",") + rows)
    taken(league, path, columns={"first": "black", "second": "white", "score": "who"})
    assert [row.result.returns for row in reversed(league.matches())] == returns


def test_dates_order_the_rows_and_stay_for_the_eye(league: League, table: Callable[..., Path]) -> None:
    path = table("date,home,away,score\n2024-03-01,a,b,1-0\n1950-01-01,b,a,1-0\n")
    done = taken(league, path)
    assert done.columns["order"] == "date"
    first, second = reversed(league.matches())
    assert str(first.result.match.lineup[0]) == "b@1"
    assert first.played_at < 0 < second.played_at


def test_a_column_that_only_looks_like_dates_orders_nothing(league: League, table: Callable[..., Path]) -> None:
    path = table("date,home,away,score\nlast week,a,b,1-0\ntoday,b,a,1-0\n")
    assert "order" not in taken(league, path).columns
    with pytest.raises(BadRow, match=r"games.csv, line 2, column 'date': expected a number or a date.*'last week'"):
        taken(league, path, columns={"order": "date"})


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999"])
def test_a_date_of_no_year_is_refused(league: League, table: Callable[..., Path], date: str) -> None:
    with pytest.raises(BadRow, match="line 3, column 'date': expected a date of the years 1 to 9999"):
        taken(league, table(f"date,home,away,score\n2024-03-01,a,b,1-0\n{date},b,a,1-0\n"))


def test_the_first_and_the_last_second_come_in_and_go_out(league: League, table: Callable[..., Path]) -> None:
    taken(league, table("date,home,away,score\n0001-01-01T00:00:00,a,b,1-0\n9999-12-31T23:59:59,b,a,1-0\n"))
    out = io.BytesIO()
    league.exchange.export_results(out, kind="csv")
    assert [row["time"][:10] for row in csv.DictReader(out.getvalue().decode().splitlines())] == [
        "0001-01-01",
        "9999-12-31",
    ]


def test_a_time_of_another_hand_is_found_and_stops_no_export(league: League, table: Callable[..., Path]) -> None:
    taken(league, table(THREE))
    with closing(sqlite3.connect(league.path, isolation_level=None)) as db:
        db.execute("UPDATE matches SET played_at = 99999999999999 WHERE id = 2")
        db.execute("UPDATE seasons SET started = -99999999999999")
    found = league.verify()
    assert "matches, row 2: played_at is 99999999999999, which is no time" in found
    assert "seasons, row 1: started is -99999999999999, which is no time" in found
    for kind in ("csv", "pgn", "jsonl"):
        assert league.exchange.export_results(io.BytesIO(), kind=kind) == 3


def test_a_key_counts_in_whichever_line_it_comes_first(league: League, table: Callable[..., Path]) -> None:
    lines = (
        {"first": "a", "second": "b", "result": "1-0"},
        {"first": "a", "second": "b", "result": "0-1", "ending": "void(crash)"},
        {"first": "b", "second": "a", "result": "0-1", "neutral": True},
    )
    done = taken(league, table("".join(json.dumps(line) + "\n" for line in lines), "games.jsonl"))
    assert (done.rows, done.left_out) == (2, 1)
    assert [row.result.neutral for row in reversed(league.matches())] == [False, True]


def test_foreign_names_become_lawful_ones(league: League, table: Callable[..., Path]) -> None:
    taken(league, table("home,away,score\nCôte d'Ivoire,Northern Ireland,1-0\nalice@3,alice@12,0-1\n"))
    assert [one.name for one in league.agents()] == ["Côte_d_Ivoire", "Northern_Ireland", "alice"]
    assert [str(row.checkpoint) for row in league.agent("alice").checkpoints] == ["alice@3", "alice@12"]


BAD = {
    "a score that is no number": (THREE + "a,b,three,1,no\n", "line 5, column 'home_score': expected a number .* 'three'"),
    "an empty score": (THREE + "a,b,,1,no\n", "line 5, column 'home_score': expected a number"),
    "NaN": (THREE + "a,b,nan,1,no\n", "line 5, column 'home_score': expected a number .* 'nan'"),
    "infinity": (THREE + "a,b,1,inf,no\n", "line 5, column 'away_score': expected a number .* 'inf'"),
    "a number too large to add up": (THREE + "a,b,1,1e200,no\n", "column 'away_score': expected a number from -1e[+]09"),
    "digits with bars": (THREE + "a,b,1_0,1,no\n", "line 5, column 'home_score'"),
    "a row too short": (THREE + "a,b,1\n", "line 5: expected 5 cells, as in the header, got 3"),
    "a row too long": (THREE + "a,b,1,1,no,more\n", "line 5: expected 5 cells, as in the header, got 6"),
    "a neutral that is neither": (THREE + "a,b,1,1,perhaps\n", "line 5, column 'neutral': expected true or false"),
    "no name": (THREE + ",b,1,1,no\n", "line 5, column 'home': expected a name"),
    "a name too long": (THREE + f"{'x' * 65},b,1,1,no\n", "line 5, column 'home': expected a name .a name has at most 64"),
    "a name of nothing lawful": (THREE + "a,\u202e\u202e,1,1,no\n", "line 5, column 'away': expected a name"),
    "two names that become one": (THREE + "F C,x,1,1,no\nF-C,x,1,1,no\nF_C,x,1,1,no\n", "line 7, column 'home': .*'F C'"),
    "bytes of another encoding": (THREE.encode() + b"M\xfcnchen,b,1,1,no\n", "line 5: expected text in utf-8"),
    "a zero byte": (THREE + "a\0,b,1,x,no\n", "line 5"),
    "a quote that never ends": (THREE + '"a,b,1,1,no\n', "expected cells, quoted as in RFC 4180"),
    "a huge field": (THREE + f"{'x' * 200_000},b,1,1,no\n", "line 5: .*field larger than field limit"),
    "an endless line": (THREE + "x" * (1 << 21), "line 5: expected a line of fewer than"),
    "nothing at all": ("", "line 1: expected a header"),
    "a header twice": ("home,away,score,score\n", "line 1: expected a header of different names, got 'score'"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_a_bad_row_takes_the_whole_file_back(
    league: League, table: Callable[..., Path], text: str | bytes, said: str
) -> None:
    taken(league, table(THREE, "good.csv"))
    before = league.status()["digest"]
    with pytest.raises(BadRow, match=said) as error:
        taken(league, table(text))
    assert error.value.exit_code == 7
    assert len(error.value.cause) < 400
    assert league.status()["digest"] == before
    assert len(league.agents()) == 3


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_no_league_is_made_for_a_bad_file(
    league: League, table: Callable[..., Path], text: str | bytes, said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadRow):
        taken(league, table(text))
    assert [file.name for file in tmp_path.iterdir()] == ["games.csv"]


@pytest.mark.parametrize(
    ("text", "how", "said"),
    [
        ("a,b,c\n1,2,3\n", {}, "no column for 'first': there is 'a', 'b', 'c'"),
        ("home;away;score\na;b;W\n", {}, "no column for 'first'"),
        (THREE, {"columns": {"frist": "home"}}, "no column plays 'frist'; did you mean 'first'"),
        (THREE, {"columns": {"first": "hoem"}}, "there is no column 'hoem' for 'first'; did you mean 'home'"),
        (THREE, {"encoding": "klingon"}, "no encoding is called 'klingon'"),
        (THREE, {"encoding": "zip"}, "no encoding is called 'zip'"),
        (THREE, {"delimiter": "ab"}, "a delimiter is one character"),
        (THREE, {"game": "prisoners_dilemma"}, "results are imported for games of two seats that compete"),
    ],
)
def test_what_is_asked_must_fit(
    league: League, table: Callable[..., Path], text: str, how: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadConfig, match=said):
        taken(league, table(text), **how)


def test_other_delimiters_encodings_and_kinds_are_read(league: League, table: Callable[..., Path], tmp_path: Path) -> None:
    taken(league, table("home;away;score\nKöln;b;W\n".encode("cp1252")), delimiter=";", encoding="cp1252")
    taken(league, table("home\taway\tscore\nc\td\tL\n", "more.tsv"))
    with pytest.raises(BadConfig, match="cannot be told from its name"):
        taken(league, table("home,away,score\ne,f,W\n", "games.dat"))
    taken(league, table("home,away,score\ne,f,W\n", "games.dat"), kind="csv")
    with pytest.raises(NotFound):
        taken(league, tmp_path / "nowhere.csv")
    assert [one.name for one in league.agents()] == ["Köln", "b", "c", "d", "e", "f"]


BAD_LINES = {
    "no object": ("[1, 2]\n", "line 2: expected an object in JSON"),
    "no JSON": ("{'home': 1}\n", "line 2: expected an object in JSON"),
    "NaN": ('{"home": "a", "away": "b", "home_score": NaN, "away_score": 1}\n', "line 2: expected an object in JSON"),
    "a list": ('{"home": ["a"], "away": "b", "home_score": 1, "away_score": 1}\n', "line 2, column 'home': expected text"),
    "a truth": ('{"home": "a", "away": "b", "home_score": true, "away_score": 1}\n', "line 2, column 'home_score'"),
    "a key that is absent": ('{"home": "a", "away": "b", "home_score": 1}\n', "line 2, column 'away_score'"),
    "a huge number": ('{"home": "a", "away": "b", "home_score": 1, "away_score": 1' + "0" * 400 + "}\n", "line 2, column"),
    "a tower": ("[" * 100_000 + "\n", "line 2: expected an object in JSON"),
}


@pytest.mark.parametrize(("line", "said"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_of_json_is_named(league: League, table: Callable[..., Path], line: str, said: str) -> None:
    good = json.dumps({"home": "a", "away": "b", "home_score": 1, "away_score": 0})
    with pytest.raises(BadRow, match=said):
        taken(league, table(f"{good}\n{line}", "games.jsonl"))
    assert not league.path.exists()


def test_results_of_a_game_that_can_be_played_join_its_league(league: League, table: Callable[..., Path]) -> None:
    league.register("bot", "uniform", game="tic_tac_toe", check=False)
    league.register("rival", "tactician", game="tic_tac_toe", check=False)
    league.run_season("tic_tac_toe", rounds=1, games=2, train=0)
    done = taken(league, table("home,away,score\nbot,guest,W\nguest,bot@1,D\n"), game="tic_tac_toe")
    assert (done.has_rules, done.agents) == (True, ("guest",))
    assert {place.agent for place in league.leaderboard("tic_tac_toe").places} == {"bot", "rival", "guest"}
    untold: list[int] = []
    assert list(league.verify_matches(on_untold=untold.append)) == []
    assert sum(untold) == 2
    with pytest.raises(NotFound, match="nothing to replay"):
        league.replay(league.status()["matches"])
    with pytest.raises(CannotPlay, match="'guest' is known by imported results alone"):
        league.run_season("tic_tac_toe", ["bot", "guest"])
    with pytest.raises(CannotPlay, match="'guest'"):
        league.exhibition(["bot", "guest"])
    with pytest.raises(CannotPlay, match="'guest'"):
        league.analyze.exploitability("guest")
    assert set(league.run_season("tic_tac_toe", rounds=1, games=2, train=0).entrants) == {"bot", "rival"}
    assert league.verify() == []


def test_what_does_not_fit_the_league_is_refused_with_its_line(league: League, table: Callable[..., Path]) -> None:
    league.register("bot", "uniform", game="tic_tac_toe", check=False)
    with pytest.raises(BadRow, match=r"line 3, column 'away': expected an agent of football .*'bot' plays tic_tac_toe"):
        taken(league, table("home,away,score\na,b,W\na,bot,W\n"))
    with pytest.raises(BadRow, match=r"line 2, column 'home': .*'bot' has no checkpoint 7"):
        taken(league, table("home,away,score\nbot@7,x,W\n"), game="tic_tac_toe")
    with pytest.raises(BadRow, match="expected a number from -1 to 1"):
        taken(league, table("home,away,home_score,away_score\nbot,x,3,0\n"), game="tic_tac_toe")
    assert league.status()["matches"] == 0
    assert [one.name for one in league.agents()] == ["bot"]
    assert league.verify() == []


def test_a_game_without_rules_cannot_be_played(league: League, table: Callable[..., Path]) -> None:
    taken(league, table(THREE))
    for play in (lambda: league.run_season("football"), lambda: league.plan_season("football")):
        with pytest.raises(CannotPlay, match="football is known by imported results alone"):
            play()
    with pytest.raises(CannotPlay, match="'Ajax' is known by imported results alone"):
        league.exhibition(["Ajax", "PSV"])


def test_every_reading_method_works_without_rules(league: League, table: Callable[..., Path]) -> None:
    taken(league, table(THREE))
    assert "Ajax@1" in str(league.leaderboard())
    assert "Ajax@1" in str(league.analyze.payoff().as_json())
    assert league.agent("PSV").entrant.spec == "results-only"
    assert [one.name for one in league.lineage("PSV")[0][:1]] == ["PSV"]
    assert league.season(1).settings["imported"] == "games.csv"
    assert league.spoiled(1) == {}
    assert league.highlight() is not None
    assert league.match(1).result.untold
    league.retire("Ajax")
    assert [place.agent for place in league.leaderboard().places] == ["PSV", "Twente"]


def test_a_dry_run_says_what_would_come_and_changes_nothing(league: League, table: Callable[..., Path]) -> None:
    path = table(THREE)
    would = taken(league, path, dry_run=True)
    assert (would.new, would.agents, would.season) == (3, ("Ajax", "PSV", "Twente"), None)
    assert not league.path.exists()
    taken(league, path)
    before = league.status()["digest"]
    assert taken(league, table(THREE + "NEC,PSV,1,1,no\n"), dry_run=True).agents == ("NEC",)
    assert league.status()["digest"] == before


def test_void_and_unfinished_matches_are_left_out(league: League, table: Callable[..., Path]) -> None:
    path = table("home,away,home_score,away_score,ending\na,b,,,void(rules)\na,b,1,0,finished\n")
    assert (taken(league, path).rows, taken(league, path).left_out) == (1, 1)
    assert taken(league, table("home,away,score\na,b,*\na,b,D\n", "more.csv")).left_out == 1


def test_an_import_that_is_killed_leaves_nothing_half(tmp_path: Path) -> None:
    chance, ends = random.Random(5), set()
    rows = "".join(f"a{chance.randrange(30)},b{chance.randrange(30)},{chance.randrange(4)},1,no\n" for _ in range(6000))
    (tmp_path / "games.csv").write_text(HEADER + rows)
    (tmp_path / "small.csv").write_text(THREE)
    taken(League(tmp_path / "old.db"), tmp_path / "small.csv")
    for attempt in range(5):
        league = League(shutil.copy(tmp_path / "old.db", tmp_path / f"{attempt}.db"))

        def begin(say: Callable[[object], None], league: League = league) -> None:
            say("ready")
            taken(league, tmp_path / "games.csv")

        killed(begin, after=0.1 + chance.random() * 1.2)
        status = league.status()
        ends.add(status["matches"])
        assert (status["matches"], status["seasons"], status["agents"] > 3) in ((3, 1, False), (6003, 2, True))
        assert league.verify() == []
        taken(league, tmp_path / "games.csv")
        assert league.status()["matches"] == 6003
    assert 3 in ends, "killed too late to tell anything"


def test_of_two_imports_at_once_each_row_counts_once(tmp_path: Path) -> None:
    (tmp_path / "games.csv").write_text(THREE)
    ends = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            try:
                os._exit(taken(League(tmp_path / "league.db"), tmp_path / "games.csv").new)
            except LeagueHeld:
                os._exit(100)
            finally:
                os._exit(200)
        ends.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in ends]
    assert codes.count(3) == 1
    assert set(codes) <= {3, 0, 100}
    assert League(tmp_path / "league.db").status()["matches"] == 3


def test_no_import_into_a_running_season(league: League, table: Callable[..., Path]) -> None:
    taken(league, table(THREE))
    with SeasonLock(league.path), pytest.raises(LeagueHeld):
        taken(league, table(THREE + "a,b,1,1,no\n"))


@pytest.mark.parametrize(
    "edit", ["UPDATE matches SET neutral = 1 - neutral WHERE id = 2", "DELETE FROM imported", "UPDATE seats SET earned = 7"]
)
def test_whoever_edits_what_was_imported_is_found(league: League, table: Callable[..., Path], edit: str) -> None:
    taken(league, table(THREE))
    with closing(sqlite3.connect(league.path, isolation_level=None)) as db:
        db.execute(edit)
    assert league.verify()


names = st.sampled_from(["ann", "bob", "cy", "dee"])
told = st.tuples(names, names, st.integers(0, 3), st.integers(0, 3), st.booleans())
rows = st.lists(told.filter(lambda row: row[0] != row[1]), min_size=1, max_size=25)


@settings(max_examples=10, deadline=None)
@given(rows=rows, kind=st.sampled_from(["csv", "jsonl", "parquet"]))
def test_what_is_exported_comes_back_the_same(
    rows: list[tuple[str, str, int, int, bool]], kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("round")
    with (folder / "games.csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEADER.strip().split(","), *rows])
    one, other = League(folder / "one.db"), League(folder / "other.db")
    taken(one, folder / "games.csv")
    one.exchange.export_results(folder / f"out.{kind}")
    back = taken(other, folder / f"out.{kind}")
    assert back.new == len(rows)
    assert other.analyze.payoff() == one.analyze.payoff()
    assert other.leaderboard() == one.leaderboard()
    assert [row.result for row in other.matches()] == [row.result for row in one.matches()]
    assert taken(other, folder / f"out.{kind}").new == 0


@pytest.mark.parametrize("twins", ["Ajax,Ajax", "Ajax,Ajax@1"])
def test_nobody_meets_itself(league: League, table: Callable[..., Path], twins: str) -> None:
    with pytest.raises(BadRow, match=r"games.csv.*line 5.*away.*expected somebody else than first") as error:
        taken(league, table(THREE + f"{twins},1,2,no\n"))
    assert "leave the row out" in str(error.value.hint)
    assert not league.path.exists() or league.seasons() == []


def test_one_row_is_told_of_as_one(league: League, table: Callable[..., Path]) -> None:
    said = str(taken(league, table(HEADER + "Ajax,PSV,2,1,no\n")))
    assert "1 row of football" in said
    assert "1 new match as season 1; 0 known already" in said


def season_of(path: Path, *, seed: int) -> League:
    """A league of three bots after a round; of another seed, other matches."""
    league = League(path)
    for name, spec in (("ann", "uniform"), ("bob", "uniform"), ("cat", "tactician")):
        league.register(name, spec, game="tic_tac_toe", check=False)
    league.run_season("tic_tac_toe", rounds=1, games=4, train=0, seed=seed)
    return league


KINDS = ("csv", "jsonl", "parquet", "pgn")


@pytest.mark.parametrize("kind", KINDS)
def test_two_leagues_go_into_a_third_and_home_again(league: League, tmp_path: Path, kind: str) -> None:
    homes = [season_of(tmp_path / f"{seed}.db", seed=seed) for seed in (1, 2)]
    played = homes[0].status()["matches"]
    for number, home in enumerate(homes):
        path = tmp_path / f"{number}.{kind}"
        home.exchange.export_results(path)
        assert taken(league, path, game="tic_tac_toe").new == played
        assert taken(home, path, game="tic_tac_toe").new == 0
    league.exchange.export_results(tmp_path / f"both.{kind}")
    assert [taken(home, tmp_path / f"both.{kind}", game="tic_tac_toe").new for home in homes] == [played, played]
    assert taken(League(tmp_path / "fourth.db"), tmp_path / f"both.{kind}", game="tic_tac_toe").new == 2 * played
    assert league.verify() == []


def test_one_match_is_known_in_every_kind_of_file(league: League, tmp_path: Path) -> None:
    home = season_of(tmp_path / "home.db", seed=1)
    for kind in KINDS:
        home.exchange.export_results(tmp_path / f"out.{kind}")
    new = [taken(league, tmp_path / f"out.{kind}", game="tic_tac_toe").new for kind in KINDS]
    assert new == [home.status()["matches"], 0, 0, 0]


def test_an_import_that_was_exported_is_known_where_it_came_from(
    league: League, table: Callable[..., Path], tmp_path: Path
) -> None:
    path, other = table(THREE + "Ajax,PSV,2,1,no\n"), League(tmp_path / "other.db")
    taken(league, path)
    league.exchange.export_results(tmp_path / "out.jsonl")
    assert taken(league, tmp_path / "out.jsonl").new == 0
    assert taken(other, tmp_path / "out.jsonl").new == 4
    assert taken(other, path).new == 0


def test_matches_of_one_game_are_not_those_of_another(league: League, tmp_path: Path) -> None:
    home = season_of(tmp_path / "home.db", seed=1)
    home.exchange.export_results(tmp_path / "out.csv")
    taken(league, tmp_path / "out.csv", game="tic_tac_toe")
    for there in (home, league):
        with pytest.raises(BadConfig, match=r"tells of matches of tic_tac_toe that the league has, expected ttt"):
            taken(there, tmp_path / "out.csv", game="ttt")


UID = "home,away,score,arena_uid\n"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,b,W,12\n", "line 2, column 'arena_uid': expected 32 hexadecimal digits"),
        (
            f"a,b,W,{'7' * 32}\nb,a,W,{'7' * 32}\n",
            "line 3, column 'arena_uid': expected a match that no other row tells of",
        ),
    ],
)
def test_a_uid_is_one_and_of_one_match(league: League, table: Callable[..., Path], rows: str, said: str) -> None:
    with pytest.raises(BadRow, match=said):
        taken(league, table(UID + rows))
    assert taken(league, table(UID + rows), columns={"uid": ""}).new == rows.count("\n")


def test_a_row_may_say_the_same_with_and_without_its_uid(
    league: League, table: Callable[..., Path], tmp_path: Path
) -> None:
    taken(league, table("home,away,score\na,b,W\n"))
    league.exchange.export_results(tmp_path / "out.csv")
    uid = (tmp_path / "out.csv").read_text().strip().rpartition(",")[2]
    assert taken(League(tmp_path / "other.db"), table(UID + f"a,b,W,{uid}\na,b,W,\nb,a,W,\n")).new == 2


def test_a_header_alone_is_nothing_to_import(league: League, table: Callable[..., Path]) -> None:
    done = taken(league, table(HEADER))
    assert (done.rows, done.season) == (0, None)
    assert str(done) == "games.csv  nothing to import: no row tells of a match"
