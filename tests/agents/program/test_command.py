"""The command line of a program: whole paths, and the files that it names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agents.program import jail
from agents.program.command import Command, planned
from games.errors import BadSpec


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


def test_a_folder_that_is_named_is_seen_as_one_beside_a_program_is(
    here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("data")
    for name in ("book", ".key", "league.db", "deep/more"):
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).write_text("")
    kept = jail.Jail.around((Path("/usr/bin/true"), data), tier="landlock", memory=1, forks=False)
    assert set(kept.reads) == {"/usr/bin/true", str(data / "book"), str(data / "deep/more")} | _real("/usr/bin/true")
    assert {str(data), str(data / "deep")} <= set(kept.lists)


def _real(path: str) -> set[str]:
    return {os.path.realpath(path)}


SHARED = ["/", "/tmp", "/home", "/home/somebody", "..", "~", "/etc", "/etc/ssl", "/proc", "/dev", "/var/tmp", "/run"]


@pytest.mark.parametrize("word", [*SHARED, "--root=/", "./link"])
def test_a_word_does_not_open_what_everybody_shares(word: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The spec may be a stranger's."""
    monkeypatch.setenv("HOME", str(here.parent))
    (here / "link").symlink_to("/")
    plan = planned(Command.read(f"/usr/bin/true {word}"), memory=1, forks=False, trusted=True)
    assert set(plan.jail.reads) <= {"/usr/bin/true"} | _real("/usr/bin/true")
    assert set(plan.jail.lists) <= {"/usr/bin"}


@pytest.mark.parametrize("name", [".key", ".ssh/id", ".ssh"])
def test_what_is_hidden_is_not_to_be_named(name: str, here: Path) -> None:
    (here / ".ssh").mkdir()
    for file in (".key", ".ssh/id"):
        (here / file).write_text("")
    named = Command.read(f"./bot ./{name}")
    with pytest.raises(BadSpec, match="which a jailed program may not read: it is hidden") as refusal:
        planned(named, memory=1, forks=False, trusted=False)
    assert "--trust" in str(refusal.value.hint)
    assert planned(named, memory=1, forks=False, trusted=True).words[-1] == str(here / name)


@pytest.mark.parametrize("line", ["./bot | tee log", "./bot > log", "./bot && ./bot"])
def test_what_only_a_shell_understands_is_refused(line: str, here: Path) -> None:
    with pytest.raises(BadSpec, match="without a shell"):
        Command.read(line)


@pytest.mark.parametrize("word", ["league.db", "./league.db", "--book=league.db", "./notes", "./link"])
def test_a_database_is_not_to_be_named(word: str, here: Path) -> None:
    """A league may lie in it: that of who plays, where the command is a stranger's."""
    (here / "league.db").write_bytes(b"")
    (here / "notes").write_bytes(b"SQLite format 3\0")
    (here / "link").symlink_to("notes")
    with pytest.raises(BadSpec, match="which a jailed program may not read: it is a database"):
        planned(Command.read(f"./bot {word}"), memory=1, forks=False, trusted=False)
    planned(Command.read(f"./bot {word}"), memory=1, forks=False, trusted=True)


def test_who_works_in_a_hidden_folder_means_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / ".bots").mkdir()
    (here / ".bots/bot.py").write_text("")
    monkeypatch.chdir(here / ".bots")
    assert jail.private(here / ".bots/bot.py") is None
    monkeypatch.chdir(here)
    assert jail.private(here / ".bots/bot.py") == "it is hidden"


def test_an_interpreter_may_lie_in_a_hidden_folder(here: Path) -> None:
    (here / ".venv/bin").mkdir(parents=True)
    (here / ".venv/bin/python").write_text("")
    assert jail.private(here / ".venv/bin/python") == "it is hidden"
    (here / ".venv/bin/python").chmod(0o755)
    assert jail.private(here / ".venv/bin/python") is None


def test_what_the_machine_keeps_from_others_is_not_to_be_named() -> None:
    assert jail.private(Path("/etc/shadow")) == "not everybody on this machine may"
    assert jail.private(Path("/etc/passwd")) is None


def test_devices_are_not_files_of_the_users(here: Path) -> None:
    plan = planned(Command.read("./bot /dev/null"), memory=1, forks=False, trusted=True)
    assert "/dev/null" not in plan.jail.reads


def test_an_interpreter_sees_its_installation(here: Path) -> None:
    (here / "venv/bin").mkdir(parents=True)
    (here / "venv/bin/python").write_text("")
    seen = jail.Jail.around((here / "venv/bin/python",), tier="landlock", memory=1, forks=False).reads
    assert {f"{here}/venv/lib", f"{here}/venv/pyvenv.cfg"} <= set(seen)
    assert str(here / "weights.bin") not in seen
