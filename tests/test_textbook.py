"""The page on the textbook is true: what it says to type runs in an empty folder, in that order."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from arena.cli import main
from arena.labs import LABS
from games.registry import Spec, fit

PAGE = (Path(__file__).parent.parent / "docs" / "textbook.md").read_text(encoding="utf-8")
LITTLE = {"ARENA_ROUNDS": "1", "ARENA_TRAIN": "40", "ARENA_BOARDS": "4", "ARENA_GAMES": "2", "ARENA_CHUNK": "8"}


def commands() -> list[list[str]]:
    """Every command of the page, those of its block first, as words behind `arena`."""
    said = re.findall(r"^arena (.*)$|`arena ([^`]*)`", PAGE, re.MULTILINE)
    return [shlex.split(block or inline) for block, inline in said]


def test_what_the_page_says_of_a_league_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    typed = [words for words in commands() if words[0] != "lab"]
    assert {words[0] for words in typed} == {"register", "season", "games"}
    for words in typed:
        done = CliRunner(env=LITTLE).invoke(main, words)
        assert done.exit_code == 0, f"{shlex.join(words)}\n{done.output}"


def test_the_labs_of_the_page_are_there() -> None:
    labs = [words[2] for words in commands() if words[:2] == ["lab", "run"]]
    assert len(labs) > 10
    for lab in map(Spec.parse, labs):
        fit(lab, inspect.signature(LABS.find(lab)), [None], {})
