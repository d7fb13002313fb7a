"""The command line of a program: whole paths, and the files that it names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agents.program import jail
from agents.program.command import Command


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a bot, its weights and a script."""
    for name in ("bot", "weights.bin", "bot.py", "fast"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_relative_paths_become_whole_ones_since_a_program_runs_elsewhere(here: Path) -> None:
    command = Command.read("./bot --weights=weights.bin --fast 'two words' bot.py")
    assert command.words == (
        f"{here}/bot",
        f"--weights={here}/weights.bin",
        "--fast",
        "two words",
        f"{here}/bot.py",
    )
    assert command.files == (here / "bot", here / "weights.bin", here / "bot.py")


def test_a_plain_word_does_not_mean_the_file_that_is_so_called(here: Path) -> None:
    assert Command.read("./bot fast").words == (f"{here}/bot", "fast")


def test_a_program_of_the_path_is_found(here: Path) -> None:
    assert Command.read("sh -c 'echo 0'").words[1:] == ("-c", "echo 0")
    assert Path(Command.read("sh").words[0]).name == "sh"


def test_scripts_that_only_look_for_the_program_are_passed_over(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("shims", "real"):
        (here / folder).mkdir()
        (here / folder / "runner").write_text("")
        (here / folder / "runner").chmod(0o755)
    monkeypatch.setenv("PATH", f"{here}/shims:{here}/real")
    assert Command.read("runner").words == (f"{here}/real/runner",)
    monkeypatch.setenv("PATH", f"{here}/shims")
    assert Command.read("runner").words == (f"{here}/shims/runner",)


def test_a_program_sees_what_lies_beside_it_but_nothing_hidden_no_database_and_no_link(here: Path) -> None:
    (here / ".env").write_text("KEY=1")
    (here / "league.db").write_bytes(b"")
    (here / "league.db-wal").write_bytes(b"")
    (here / "other").write_bytes(b"SQLite format 3\0")
    (here / "link").symlink_to("/etc/passwd")
    (here / "data/deeper/.git").mkdir(parents=True)
    (here / "data/deeper/book").write_text("")
    (here / "data/deeper/old.db").write_text("")
    (here / "data/deeper/.git/config").write_text("")
    (here / "node_modules/.bin").mkdir(parents=True)
    os.mkfifo(here / "pipe")
    seen = jail.Jail.around((here / "bot",), tier="landlock", memory=1, forks=False).reads
    assert set(seen) == {
        str(here / name) for name in ("bot", "bot.py", "weights.bin", "fast", "data/deeper/book", "node_modules")
    }


def test_who_lies_in_the_home_folder_sees_itself_alone(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here))
    assert jail.Jail.around((here / "bot",), tier="landlock", memory=1, forks=False).reads == (str(here / "bot"),)


def test_an_interpreter_sees_its_installation(here: Path) -> None:
    (here / "venv/bin").mkdir(parents=True)
    (here / "venv/bin/python").write_text("")
    seen = jail.Jail.around((here / "venv/bin/python",), tier="landlock", memory=1, forks=False).reads
    assert {f"{here}/venv/lib", f"{here}/venv/pyvenv.cfg"} <= set(seen)
    assert str(here / "weights.bin") not in seen
