"""Seasons: run, looked at, spoiled by misbehaviour, and where their settings come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from arena.cli import main
from arena.settings import Settings
from tests.arena.cli.conftest import TINY, Type, typed

RPS = ("--game", "rock_paper_scissors")


def test_a_season_ends_with_the_board_a_few_moves_and_what_to_type_next(league: Path) -> None:
    done = typed(league, "season", "run", *RPS, *TINY)
    assert done.exit_code == 0
    assert done.stdout.startswith("#  agent ")
    assert "the ratings gave it" in done.stdout
    assert f"all of it: arena --league {league} replay " in done.stdout
    assert f"next: arena --league {league} season run --game rock_paper_scissors" in done.stderr
    told = done.stderr.splitlines()
    assert told[0] == "round 1/2  training 1 learner"
    assert told[1].startswith("round 1/2  alice@4 trained ")
    assert any(line.startswith("round 2/2  rated: ") for line in told)
    assert "\x1b" not in done.output


def test_a_batch_that_is_far_more_than_was_asked_for_is_said_once(league: Path) -> None:
    words = ("season", "run", *RPS, "--rounds", "2", "--games", "2", "--train", "40")
    done = typed(league, *words, "--boards", "100")
    told = [line for line in done.stderr.splitlines() if "were asked for" in line]
    assert len(told) == 1
    assert told[0].startswith("round 1/2  alice@4 trained 180 decisions in ")  # two of each match against itself
    assert told[0].endswith(
        "; 40 were asked for, but matches are played to their end, and one batch of 100 is so many: --boards 23 is about 41"
    )
    assert "were asked for" not in typed(league, *words, "--boards", "23").stderr
    assert "were asked for" not in typed(league, *words, "--boards", "100", "--train", "100").stderr  # not twice as many


def test_a_season_without_training_says_so(league: Path) -> None:
    done = typed(league, "season", "run", *RPS, *TINY, "--train", "0")
    assert done.stderr.splitlines()[0] == "round 1/2  begins"


def test_a_quiet_season_prints_data_only(league: Path) -> None:
    done = CliRunner().invoke(main, ["-q", "--league", str(league), "season", "run", *RPS, *TINY, "--json"])
    assert (done.exit_code, done.stderr) == (0, "")
    facts = json.loads(done.stdout)
    assert facts["season"]["finished"] is True
    assert facts["leaderboard"]["places"][0]["rank"] == 1
    done = CliRunner().invoke(main, ["-q", "--league", str(league), "season", "run", *RPS, *TINY])
    assert "skill = mu" in done.stdout
    assert "the ratings gave it" not in done.stdout
    assert "all of it:" not in done.stdout, "boards are for who watches"


def test_seasons_can_be_listed_and_shown(played: Path) -> None:
    facts = json.loads(typed(played, "season", "list", "--json").stdout)
    assert facts["schema"] == 1
    assert [one["rounds"] for one in facts["seasons"]] == [2]
    assert "finished" in typed(played, "season", "list").stdout
    shown = typed(played, "season", "show", "1").stdout
    assert "None" not in shown, "what is not set is not said"
    assert "2/2" in shown
    assert "alice, rocky, anchor" in shown
    missing = typed(played, "season", "show", "9")
    assert missing.exit_code == 3
    assert "there is no season 9" in missing.stderr


def test_a_dry_run_says_what_would_be_played_and_plays_nothing(league: Path) -> None:
    before = league.read_bytes()
    done = typed(league, "season", "run", *RPS, "alice", "rocky", "--rounds", "3", "--dry-run", "--json")
    facts = json.loads(done.stdout)
    assert facts["settings"]["rounds"] == 3
    assert [one["name"] for one in facts["agents"]] == ["alice", "rocky"]
    assert facts["matches"] == 6 * 16  # of alice's three newest and rocky
    assert facts["extent"] == {"stages": {"least": 1, "most": 1}, "matches": {"least": 96, "most": 96}}
    assert league.read_bytes() == before


def test_a_dry_run_of_a_tournament_tells_of_all_its_stages(league: Path) -> None:
    swiss = typed(league, "season", "run", *RPS, "--schedule", "swiss", "--dry-run")
    assert "matches     32 a round\nstages      2 a round" in swiss.stdout
    knockout = typed(league, "season", "run", *RPS, "--schedule", "knockout", "--dry-run")
    assert "matches     from 32 to 128 a round\nstages      2 a round" in knockout.stdout
    ladder = typed(league, "season", "run", *RPS, "--schedule", "ladder", "--until-sigma", "2", "--dry-run")
    assert "stages      at least 1 a round" in ladder.stdout


def test_flags_come_before_variables_before_the_file_before_defaults(
    league: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "season.toml"
    config.write_text("rounds = 5\ngames = 6\nchunk = 7\n")
    monkeypatch.setenv("ARENA_GAMES", "60")
    monkeypatch.setenv("ARENA_CHUNK", "70")
    done = typed(league, "season", "run", *RPS, "--chunk", "700", "--config", str(config), "--dry-run", "--json")
    settings = json.loads(done.stdout)["settings"]
    assert {key: settings[key] for key in ("rounds", "games", "chunk", "boards")} == {
        "rounds": 5,
        "games": 60,
        "chunk": 700,
        "boards": Settings().boards,
    }


_NO_MIX = "tests.plugins.my_schedules:working_folder"


@pytest.mark.parametrize(
    ("words", "toml", "says"),
    [
        (["--rounds", "many"], "", "rounds = 'many' in the options"),
        (["--rounds", "0"], "", "rounds = '0' in the options"),
        (["--train", "soon"], "", "expected a number of decisions"),
        (["--opponents", "everybody"], "", "no opponent mix is called 'everybody'"),
        (["--schedule", "round_robbin"], "", "did you mean 'round_robin'?"),
        (
            ["--preset", "alphastarr"],
            "",
            "preset = 'alphastarr' in the options: no preset is called so; did you mean 'alphastar'?",
        ),
        (["--opponents", "mixture(rest='elite')"], "", "no opponent mix is called 'elite'"),
        (["--opponents", "os:getcwd"], "", "'os:getcwd' is Python's own, expected a module of somebody's"),
        (["--opponents", _NO_MIX], "", f"the opponent mix {_NO_MIX!r} does not work: TypeError: expected a function"),
        (["--schedule", _NO_MIX], "", f"the matchmaker {_NO_MIX!r} does not work: TypeError: expected something with"),
        (["--games", "250000", "--rounds", "1"], "", "a round would have 2,500,000 matches or more"),
        (["--device", "abacus"], "", "device = 'abacus'"),
        ([], "round = 3\n", "season.toml); did you mean 'rounds'?"),
        ([], "rounds = 'x'\n", "rounds = 'x' in "),
        ([], "rounds : 3\n", "is not TOML"),
    ],
)
def test_wrong_settings_name_the_key_and_where_it_stands(
    league: Path, tmp_path: Path, words: list[str], toml: str, says: str
) -> None:
    config = tmp_path / "season.toml"
    config.write_text(toml)
    before = league.read_bytes()
    done = typed(league, "season", "run", *RPS, *words, "--config", str(config))
    assert done.exit_code in (2, 3)
    assert says in done.stderr
    assert league.read_bytes() == before


def test_a_season_needs_two_agents_of_its_game(league: Path) -> None:
    done = typed(league, "season", "run", *RPS, "alice")
    assert done.exit_code == 2
    assert "needs two agents or more" in done.stderr
    assert typed(league, "season", "run", *RPS, "alice", "bob").exit_code == 3
    assert typed(league, "season", "run", "--game", "tic_tac_toe").exit_code != 0


@pytest.mark.parametrize(
    ("mood", "reason"),
    [("crash", "crash"), ("illegal", "illegal"), ("nan", "invalid"), ("long", "invalid"), ("dtype", "invalid")],
)
def test_an_agent_that_goes_wrong_in_a_season_forfeits_and_the_season_goes_on(
    arena: Type, tmp_path: Path, mood: str, reason: str
) -> None:
    flag = tmp_path / "now"
    arena("register", "moody", f"my_bots:Moody(mood={mood!r}, flag={str(flag)!r})", *RPS)
    arena("register", "rocky", "rock", *RPS)
    flag.touch()
    done = arena("season", "run", *RPS, "--rounds", "1", "--games", "4")
    assert done.exit_code == 5
    assert f"4 forfeit({reason}): arena --league {tmp_path / 'league.db'} matches list" in done.stderr
    assert "Traceback" not in done.stderr
    assert "(4 forfeits)" in done.stdout
    rows = json.loads(arena("matches", "list", "--ending", "forfeit", "--agent", "moody", "--json").stdout)["matches"]
    assert [row["ending"]["reason"] for row in rows] == [reason] * 4
    assert [row["returns"][row["lineup"].index("moody@1")] for row in rows] == [-1.0] * 4
    assert arena("matches", "verify", "--all").exit_code == 0


def test_matches_whose_rules_break_are_void_and_never_rated(arena: Type) -> None:
    game = ("--game", "my_games:Fragile")
    arena("register", "one", "my_bots:leftmost", *game)
    arena("register", "two", "uniform", *game)
    done = arena("season", "run", *game, "--rounds", "1", "--games", "40")
    assert done.exit_code == 5
    rows = json.loads(arena("matches", "list", "--ending", "void", "--json").stdout)["matches"]
    assert 0 < len(rows) < 40
    assert {row["ending"]["reason"] for row in rows} == {"rules: IndexError"}
    board = json.loads(arena("leaderboard", "--json").stdout)
    assert [place["matches"] for place in board["places"]] == [40 - len(rows)] * 2
    gone = arena("replay", str(rows[0]["id"]))
    assert gone.exit_code == 2
    assert "is void (rules: IndexError)" in gone.stderr
    assert arena("matches", "verify", "--all").exit_code == 0


def test_who_interrupts_before_a_season_has_begun_is_told_that_nothing_is_to_be_resumed(
    league: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("arena.season.begin", interrupted)
    done = typed(league, "season", "run", *RPS, *TINY)
    assert done.exit_code == 130
    assert done.stderr == "interrupted before a season had begun; there is nothing to resume: run it again\n"
    monkeypatch.setattr("arena.league.League.plan_season", interrupted)  # by a command that does not see to it itself
    done = typed(league, "season", "run", *RPS, "--dry-run")
    assert done.exit_code == 130
    assert "nothing had begun that could be resumed: run it again" in done.stderr


def test_an_interrupted_season_can_be_given_up(league: Path) -> None:
    assert typed(league, "season", "end", "9").exit_code == 3
    assert typed(league, "season", "end", "1").exit_code == 0
    assert typed(league, "season", "resume").exit_code == 3


def test_a_profile_says_where_the_time_went(league: Path) -> None:
    done = typed(league, "season", "run", *RPS, *TINY, "--profile")
    told = [line.split() for line in done.stderr.splitlines() if line.endswith("%")]
    assert [line[0] for line in told] == ["rollout", "update", "rated", "bookkeeping"]
    assert sum(float(line[-2]) for line in told) == pytest.approx(100, abs=0.5)
    facts = json.loads(typed(league, "season", "run", *RPS, *TINY, "--profile", "--json").stdout)
    assert set(facts["seconds"]) == {"rollout", "update", "rated matches", "bookkeeping"}
