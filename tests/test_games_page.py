"""docs/games.md is true: every command in it runs, in the order in which a reader would type them."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.test_readme import ROOT, run, typed

PAGE = (ROOT / "docs" / "games.md").read_text(encoding="utf-8")
STOCKFISH = shutil.which("stockfish") or shutil.which("stockfish", path="/usr/games")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's file my_envs.py."""
    folder = tmp_path_factory.mktemp("reader")
    envs = next(block for block in blocks("python") if block.startswith("# my_envs.py"))
    (folder / "my_envs.py").write_text(envs, encoding="utf-8")
    return folder


@pytest.mark.parametrize("block", blocks("sh"), ids=[re.sub(r"\W+", "-", block)[:40] for block in blocks("sh")])
def test_every_command_of_the_page_runs(block: str, reader: Path) -> None:
    if "stockfish" in block and STOCKFISH is None:
        pytest.skip("no stockfish here: apt-get install stockfish")
    commands = [shlex.split(line) for line in typed(block)]
    assert all(command[0] == "arena" for command in commands)
    for command in commands:
        run(command, reader)


def test_all_that_the_page_offers_is_shown_by_a_command() -> None:
    commands = "\n".join(blocks("sh"))
    for offered in ("openspiel(", "pettingzoo(", "chess", "uci(", "axelrod("):
        assert offered in commands
