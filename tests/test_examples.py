"""The examples are run as a user runs them, in a short form, and leave a sound league."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from arena import League

ROOT = Path(__file__).parent.parent
EXAMPLES = {
    "maskable_ppo.py": ("sb3", ["--rounds", "2", "--steps", "1536", "--rollout", "256", "--seed", "0"]),
    "one_file_ppo.py": ("onefile", ["--updates", "2", "--every", "1", "--boards", "16", "--steps", "8"]),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_training_loop_of_somebody_else_joins_the_league(example: str, tmp_path: Path) -> None:
    name, options = EXAMPLES[example]
    if example == "maskable_ppo.py":
        pytest.importorskip("sb3_contrib")
    league = League(tmp_path / "league.db")
    league.register("random", "uniform", game="tic_tac_toe")
    ran = subprocess.run(
        [sys.executable, str(ROOT / "examples" / example), "--game", "tic_tac_toe", "--games", "4", *options],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    assert f"frozen: {name}@2" in ran.stdout
    learned = league.agent(name)
    assert len(learned.checkpoints) == 2
    assert sum(draw.games for draw in learned.draws) > 0
    assert {season.finished for season in league.seasons()} == {True}
    assert league.verify() == []
    if example == "maskable_ppo.py":  # 3,000 decisions give 0.69; who plays at random scores 0.5, within 0.025
        assert league.exhibition([name, "random"], games=400).score > 0.6


def test_no_example_is_forgotten() -> None:
    loops = {path.name for path in (ROOT / "examples").glob("*.py")} - {"bot.py"}
    assert loops == set(EXAMPLES)
