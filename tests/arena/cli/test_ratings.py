"""`arena ratings`: what is asked and how it is answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.arena.cli.conftest import Type, typed

MODELS = ("--model", "trueskill", "--model", "davidson")


def test_a_check_is_a_table_and_a_verdict(played: Path) -> None:
    done = typed(played, "ratings", "check", *MODELS, "--warmup", "0")
    assert done.exit_code == 0, done.output
    head, *rows = done.stdout.splitlines()
    assert head.split()[:3] == ["model", "log-loss", "±"]
    assert {row.split("  ")[0] for row in rows[:3]} == {"trueskill", "davidson", "base rate"}
    assert rows[3].startswith(("trust ", "no model "))
    assert "each made before its match" in rows[4]


def test_json_says_the_same(played: Path) -> None:
    told = json.loads(typed(played, "ratings", "check", *MODELS, "--json").stdout)
    assert told["schema"] == 1
    assert told["game"] == "rock_paper_scissors"
    assert {one["model"] for one in told["models"]} == {"trueskill", "davidson", "base rate"}


def test_rows_are_for_programs_and_a_figure_for_people(played: Path) -> None:
    told = typed(played, "ratings", "check", *MODELS, "--format", "csv").stdout.splitlines()
    assert len(told) == 4
    assert typed(played, "ratings", "check", *MODELS, "--format", "png", "-o", "trust.png").exit_code == 0
    assert Path("trust.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--model", "davison"), 3, "did you mean 'davidson'"),
        (("--warmup", "100"), 2, "expected a whole number from 0 to 99"),
        (("--game", "chess"), 3, "chess"),
    ],
)
def test_what_cannot_be_asked_is_said(played: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = typed(played, "ratings", "check", *words)
    assert done.exit_code == code
    assert said in done.stderr


def test_the_missing_extra_is_exit_code_six(arena: Type, played: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "openskill.models", None)
    for words in (("ratings", "check"), ("leaderboard",)):
        done = typed(played, *words, "--model", "openskill")
        assert done.exit_code == 6
        assert "pip install 'arena-league[openskill]'" in done.stderr
