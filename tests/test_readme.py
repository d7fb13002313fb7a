"""The README is true: every command in it runs, in the order in which a reader would type them. So is what the other pages
say of commands and files, and the page on the textbook is tried as a reader would."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from arena.cli import main
from arena.labs import WORK
from games.registry import Spec

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
TEXTBOOK = (ROOT / "docs/textbook.md").read_text(encoding="utf-8")
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


def shown(page: str) -> list[list[str]]:
    """Every `arena ...` of a page, in its sentences and in its blocks of a shell, as words."""
    blocks_of_code = re.findall(r"^```(?:sh)?\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    sentences = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks_of_code for line in typed(block) if line.startswith("arena ")]
    return [shlex.split(line) for line in re.findall(r"`(arena [^`]+)`", sentences) + lines]


def unknown(words: list[str]) -> list[str]:
    """What in a line that begins with `arena` is the name of no command and of no option."""
    command: click.Command = main
    names = {"--help", "-h"}.union(*(option.opts for option in main.params))
    for word in words[1:]:
        if isinstance(command, click.Group) and not word.startswith("-") and not word.endswith(".db"):  # --league FILE
            found = command.get_command(click.Context(command), word)
            if found is None:
                return [word]
            command = found
            names.update(name for option in command.params for name in (*option.opts, *option.secondary_opts))
    return [word for word in words if re.match("--?[a-z]", word) and word not in names]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_command_an_option_or_a_file_that_is_not_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [(shlex.join(words), unknown(words)) for words in shown(text) if unknown(words)] == []
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_textbook_page_leaves_no_lab_out() -> None:
    assert {Spec.parse(words[3]).name for words in shown(TEXTBOOK) if words[1:3] == ["lab", "run"]} == WORK.keys()
