"""`arena ratings curve`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.arena.cli.conftest import typed


def test_a_learner_has_a_curve_beside_its_ratings(played: Path) -> None:
    done = typed(played, "ratings", "curve", "alice")
    assert done.exit_code == 0, done.output
    told = json.loads(typed(played, "ratings", "curve", "alice", "--json").stdout)
    assert told["schema"] == 1
    assert [point["checkpoint"] for point in told["points"]] == ["alice@1", "alice@2", "alice@3"]
    assert all(point["checkpoint"] in done.stdout for point in told["points"])
    board = json.loads(typed(played, "leaderboard", "--all", "--model", "davidson", "--json").stdout)
    official = {place["checkpoint"]: (place["rating"], place["error"]) for place in board["places"]}
    assert all(official[point["checkpoint"]] == (point["raw"], point["raw_error"]) for point in told["points"])


def test_a_curve_can_be_drawn_into_a_file(played: Path, tmp_path: Path) -> None:
    done = typed(played, "ratings", "curve", "alice", "--format", "png", "-o", str(tmp_path / "alice.png"))
    assert done.exit_code == 0, done.output
    assert (tmp_path / "alice.png").read_bytes().startswith(b"\x89PNG")


def test_who_does_not_learn_has_none(played: Path) -> None:
    done = typed(played, "ratings", "curve", "rocky")
    assert done.exit_code == 2
    assert "rocky does not learn" in done.stderr
    assert typed(played, "ratings", "curve", "nobody").exit_code == 3
