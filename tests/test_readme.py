"""The README is true: every command in it runs, in the order in which a reader would type them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def typed(block: str) -> list[str]:
    """The commands of a block, without their comments."""
    return [line.partition("  #")[0].strip() for line in block.splitlines() if line.strip()]


def run(command: list[str], folder: Path, **settings: str) -> str:
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "NO_COLOR": "1", **settings}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a reader has typed all that the README shows, with its file my_bots.py."""
    folder = tmp_path_factory.mktemp("reader")
    bots = next(block for block in blocks("python") if block.startswith("# my_bots.py"))
    (folder / "my_bots.py").write_text(bots, encoding="utf-8")
    return folder


@pytest.fixture
def registered(tmp_path: Path) -> Path:
    """A folder whose league has the agents that the README registers before it comes to settings and to Python."""
    for name in ("alice", "tactician"):
        run(["arena", "register", name, "tactician", "--game", "tic_tac_toe", "--no-check"], tmp_path)
    return tmp_path


def test_every_arena_command_of_the_readme_runs(reader: Path) -> None:
    commands = [shlex.split(line) for block in blocks("sh") for line in typed(block) if line.startswith("arena ")]
    assert len(commands) >= 12
    for command in commands:
        run(command, reader)
    said = re.findall(
        r"`(arena (?:doctor|db verify|db status --json|matches verify --all|games show|agents list)[^`]*)`", README
    )
    for line in said:
        run(shlex.split(line.replace("NAME", "connect_four")), reader)


def test_the_settings_file_of_the_readme_is_valid(registered: Path) -> None:
    (registered / "season.toml").write_text(blocks("toml")[0], encoding="utf-8")
    run(shlex.split("arena season run --game tic_tac_toe --config season.toml --dry-run"), registered)


def test_the_python_of_the_readme_runs(registered: Path) -> None:
    script = next(block for block in blocks("python") if block.startswith("from arena import League"))
    assert "carol@" in run([sys.executable, "-c", script], registered)


def test_make_season_sets_up_a_starter_league_and_goes_on_with_it(tmp_path: Path) -> None:
    recipe = run(["make", "--dry-run", "--always-make", "season", f"ARENA={BIN / 'arena'}"], ROOT)
    commands = [shlex.split(line) for line in recipe.splitlines() if line.startswith(str(BIN / "arena"))]
    assert [command[1] for command in commands] == ["register"] * 4 + ["season"]
    for season in (1, 2):
        for command in commands:
            said = run(command, tmp_path, ARENA_ROUNDS="1", ARENA_TRAIN="200")
        assert "minimax-2@1" in said
        assert f"ppo@{season + 1}" in said


def test_the_first_two_commands_are_targets_of_make() -> None:
    assert typed(blocks("sh")[0]) == ["make season", "make test"]
    for target in ("season", "test"):
        run(["make", "--dry-run", target], ROOT)
