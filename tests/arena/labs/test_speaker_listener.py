"""What is said and what is understood, in little; clusters and bits that can be counted by hand."""

from __future__ import annotations

from math import log2

import pytest
import torch

from agents.registry import make_agent
from arena.labs.lab import Run, conduct
from arena.labs.speaker_listener import Story, asked, bits, clusters, information
from games.speaker_listener import SpeakerListener


@pytest.mark.parametrize(
    ("one", "other", "bits"),
    [
        ([0, 1, 2, 3], [3, 2, 1, 0], 2),
        ([0, 1, 2, 3], [0, 0, 1, 1], 1),
        ([0, 0, 1, 1], [0, 1, 0, 1], 0),
        ([0, 0, 0, 1], [0, 0, 0, 0], 0),
    ],
)
def test_mutual_information_in_bits(one: list[int], other: list[int], bits: float):
    assert information(torch.tensor(one), torch.tensor(other)) == pytest.approx(bits)


def test_clusters_are_points_that_lie_together():
    chance = torch.Generator().manual_seed(1)
    which = torch.arange(60) % 3
    points = torch.eye(3)[which] + 0.05 * torch.randn(60, 3, generator=chance)
    assert information(which, clusters(points, 3)) == pytest.approx(log2(3))
    assert information(which, clusters(torch.zeros(60, 3), 3)) == pytest.approx(0)


def test_who_has_the_same_on_its_mind_whatever_it_sees_says_nothing():
    game = SpeakerListener(5)
    learner = make_agent("commnet", game.spec, seed=1)
    assert bits(asked(learner, game, seed=1), talks=True)["said"] == pytest.approx(log2(5), abs=0.01)
    for weight in learner.team.encode.parameters():
        torch.nn.init.zeros_(weight)
    silent = asked(learner, game, seed=1)
    assert bits(silent, talks=True)["said"] == pytest.approx(0)
    assert information(silent.target, silent.target) == pytest.approx(log2(5), abs=0.01)


def test_what_is_said_and_what_is_understood_are_told_apart():
    target = torch.tensor([0, 1, 2, 3])
    story = Story(target, said=torch.tensor([0, 0, 1, 1]), picked=torch.tensor([3, 2, 1, 0]))
    assert bits(story, talks=True) == {"said": pytest.approx(1), "understood": pytest.approx(2)}
    assert bits(story, talks=False) == {"said": 0, "understood": pytest.approx(2)}


def test_a_team_learns_to_be_understood_and_a_silent_one_does_not():
    finding = conduct("speaker-listener", Run(seeds=1, quick=True))
    found = finding.numbers["found"]
    assert min(one["return"] for one in found["CommNet, 40 lessons"] + found["TarMAC, 40 lessons"]) > 0.9
    assert min(one["understood"] for one in found["CommNet, 40 lessons"]) > 2.0
    assert max(one["understood"] for one in found["CommNet, 0 lessons"]) < 0.3
    assert max(one["return"] for one in found["no communication, 40 lessons"]) < 0.3
