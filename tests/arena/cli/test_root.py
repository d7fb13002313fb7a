"""The root: its help, its speed, and what it must not import."""

from __future__ import annotations

import inspect
import json
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from arena.cli import COMMANDS, main
from arena.cli.season import _PLAYING, season
from arena.settings import Settings
from tests.arena.cli.conftest import ARENA, Type, environment, typed

AFTERWARDS = """
import sys
from arena.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    print("exit", end.code)
print("imported", *sorted({"torch", "numpy", "sqlalchemy", "pydantic", "rich"} & set(sys.modules)))
"""


def imported_by(*words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", AFTERWARDS, *words], env=environment(), capture_output=True, text=True, check=True
    )
    assert "exit 0" in done.stdout, done.stdout + done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


def every_command(group: click.Group, path: str = "arena") -> list[tuple[str, click.Command]]:
    context = click.Context(group)
    found: list[tuple[str, click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = every_command(command, f"{path} {name}") if isinstance(command, click.Group) else []
        found += inner or [(f"{path} {name}", command)]
    return found


def test_the_help_of_the_root_imports_nothing_heavy() -> None:
    assert imported_by("--help") == set()


@pytest.mark.parametrize(
    "words",
    [
        ["leaderboard", "--all"],
        ["matches", "list"],
        ["matches", "show", "1"],
        ["season", "list"],
        ["season", "show", "1"],
        ["agents", "list"],
        ["agents", "show", "alice"],
        ["agents", "lineage", "alice"],
        ["analyze", "payoff"],
        ["analyze", "lineage"],
        ["db", "status"],
        ["db", "verify"],
        ["games", "list"],
    ],
    ids=" ".join,
)
def test_reading_commands_import_neither_torch_nor_pydantic_nor_rich(played: Path, words: list[str]) -> None:
    made = words in (["db", "verify"], ["leaderboard", "--all"])  # boards that are not kept are looked through for rings
    reckoning = {"numpy"} if made else set()
    assert imported_by("--league", str(played), *words) <= {"sqlalchemy"} | reckoning


@pytest.mark.parametrize("words", ["", "--game rock_paper_scissors", "--top 1", "--format md", "--format csv"])
def test_the_leaderboard_after_a_season_imports_nothing_heavy(played: Path, words: str) -> None:
    assert imported_by("--league", str(played), "leaderboard", *words.split()) == set()


@pytest.mark.parametrize(("path", "command"), every_command(main), ids=lambda one: one if isinstance(one, str) else "")
def test_every_command_explains_itself_with_examples_that_can_be_typed(path: str, command: click.Command) -> None:
    lines = inspect.cleandoc(command.help or "").splitlines()
    examples = [shlex.split(line.partition(" >")[0]) for line in lines if line.startswith("arena ")]
    own = [words for words in examples if words[: len(path.split())] == path.split()]
    assert own, f"{path} shows no example"
    for words in own:
        command.make_context(path, words[len(path.split()) :])
    for option in command.params:
        assert isinstance(option, click.Argument) or (isinstance(option, click.Option) and option.help), option.name


def test_the_tables_of_lazy_commands_say_what_the_commands_say() -> None:
    for group, lazy in ((main, COMMANDS), (season, _PLAYING)):
        for name, (_, summary) in lazy.items():
            command = group.get_command(click.Context(group), name)
            assert command is not None
            assert command.name == name
            assert command.get_short_help_str(limit=200) == summary


def test_season_run_takes_every_setting_and_tells_its_default() -> None:
    said = " ".join(CliRunner().invoke(main, ["season", "run", "--help"]).stdout.split())
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')} " in said
        assert field.default is None or f"[default: {field.default}]" in said


def test_a_misspelt_command_is_met_with_the_nearest(arena: Type) -> None:
    done = arena("leaderbord")
    assert done.exit_code == 2
    assert "error: there is no command 'leaderbord'; did you mean 'leaderboard'?" in done.stderr
    assert "try: arena --help" in done.stderr


def test_a_missing_option_is_a_usage_error_of_two_lines(arena: Type) -> None:
    done = arena("register", "alice", "uniform")
    assert done.exit_code == 2
    assert done.stderr == "error: Missing option '--game'.\n       try: arena register --help\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("replay abc", "'MATCH': expected a match's number, as in `arena matches list`, got 'abc'"),
        ("replay 0", "got '0'"),
        ("season show last", "'ID': expected a season's number, as in `arena season list`, got 'last'"),
        ("matches list --limit 0", "'--limit': expected a whole number from 1 to 100,000, got '0'"),
        ("leaderboard --top many", "'--top': expected a whole number from 1, got 'many'"),
    ],
)
def test_what_is_no_number_is_told_what_was_expected(arena: Type, words: str, said: str) -> None:
    done = arena(*words.split())
    assert done.exit_code == 2
    assert said in done.stderr.splitlines()[0]


def test_the_league_may_be_named_by_a_variable(played: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_LEAGUE", str(played))
    done = CliRunner().invoke(main, ["db", "status", "--json"])
    assert json.loads(done.stdout)["status"]["path"] == str(played)


def test_the_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).stdout.startswith("arena, version ")


def test_a_reader_that_leaves_early_is_no_error(played: Path) -> None:
    words = f"{ARENA} --league {played} matches list --limit 1000 --json | head -n 1"
    done = subprocess.run(["bash", "-c", words], env=environment(), capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_an_unexpected_exception_is_one_line_and_a_traceback_only_with_debug(
    arena: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError("by\nzero \x1b[31m")

    monkeypatch.setattr("arena.league.League.seasons", breaks)
    done = arena("season", "list")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[0] == "error: ZeroDivisionError: by\\x0azero \\x1b[31m"
    assert "run it again as arena --debug" in done.stderr
    for words in (("--debug", "season", "list"), ("season", "list", "--debug")):
        assert isinstance(arena(*words).exception, ZeroDivisionError)


@pytest.mark.parametrize(
    "words",
    [
        ["--league", "{}", "db", "status", "--json"],
        ["db", "--league", "{}", "status", "--json"],
        ["db", "status", "--json", "--league", "{}"],
        ["db", "status", "--json", "--league={}", "-q"],
        ["--league", "nowhere.db", "db", "status", "--json", "--league", "{}"],
    ],
    ids=" ".join,
)
def test_the_options_of_the_root_may_stand_anywhere(played: Path, words: list[str]) -> None:
    done = CliRunner().invoke(main, [word.format(played) for word in words])
    assert json.loads(done.stdout)["status"]["path"] == str(played)


def test_an_option_of_the_root_behind_a_command_may_lack_its_value() -> None:
    done = CliRunner().invoke(main, ["leaderboard", "--league"])
    assert (done.exit_code, done.stderr.splitlines()[0]) == (2, "error: Option '--league' requires an argument.")


def test_behind_two_dashes_nothing_is_an_option_of_the_root(played: Path) -> None:
    assert "'--debug'" in typed(played, "agents", "show", "--", "--debug").stderr


def test_no_command_has_an_option_of_the_root() -> None:
    own = {name for option in main.params for name in option.opts}
    for path, command in every_command(main):
        assert not own.intersection(name for option in command.params for name in option.opts), path


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(arena: Type, shell: str) -> None:
    done = arena("completion", shell)
    assert done.exit_code == 0
    assert "_ARENA_COMPLETE" in done.stdout


def test_what_the_league_logs_is_said_harmlessly(arena: Type) -> None:
    arena("register", "one", "my_bots:leftmost", "--game", "my_games:Fragile")
    played = arena("-v", "match", "one", "one", "--games", "12")
    assert played.exit_code == 5
    assert "is void: IndexError: a cell off the board\\x1b[31m" in played.stderr
    assert "is void" not in arena("-q", "match", "one", "one", "--games", "12").stderr
