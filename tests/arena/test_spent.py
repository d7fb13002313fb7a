"""Where a season's time goes: the kinds of work add up, and workers count as long as they are waited for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from arena.league import League
from arena.season import ChunkPlayed, LearnerFroze
from arena.spent import Spent

SETTINGS = {"rounds": 1, "train": "400", "games": 4, "boards": 8}


def test_all_of_a_seasons_time_is_told_by_kind(tmp_path: Path) -> None:
    league, events = League(tmp_path / "league.db"), []
    for name, spec in (("alice", "reinforce"), ("rocky", "rock")):
        league.register(name, spec, game="rock_paper_scissors")
    spent = Spent()
    began = time.monotonic()
    league.run_season("rock_paper_scissors", notify=lambda event: (spent.hear(event), events.append(event)), **SETTINGS)
    seconds, passed = spent.seconds(), time.monotonic() - began
    assert list(seconds) == ["rollout", "update", "rated matches", "bookkeeping"]
    assert all(amount > 0 for amount in seconds.values())
    assert sum(seconds.values()) == pytest.approx(passed, abs=0.1)
    (froze,) = [event for event in events if isinstance(event, LearnerFroze)]
    assert froze.trained.rollout + froze.trained.update <= froze.trained.seconds <= froze.waited
    assert seconds["rated matches"] == sum(event.waited for event in events if isinstance(event, ChunkPlayed))
