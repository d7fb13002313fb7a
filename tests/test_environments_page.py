"""docs/environments.md is true: its Python runs from top to bottom, and the league is sound after it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from arena import League
from tests.test_readme import ROOT, blocks

PAGE = (ROOT / "docs" / "environments.md").read_text(encoding="utf-8")


def test_the_page_runs(tmp_path: Path) -> None:
    pytest.importorskip("pettingzoo")
    script = "\n".join(blocks("python", PAGE))
    assert script.count("league.") >= 5
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    league = League(tmp_path / "league.db")
    assert [str(row.checkpoint) for row in league.agent("alice").checkpoints] == ["alice@1"]
    assert league.verify() == []


def test_the_examples_are_there() -> None:
    commands = [line for block in blocks("sh", PAGE) for line in block.splitlines()]
    assert all((ROOT / line.split()[1]).exists() for line in commands if line.startswith("python"))
