"""What do a speaker's messages mean?

Question   The speaker sees the target, the listener must pick it. Does a team learn to talk, and what does it say?
Method     `commnet` and `tarmac`, and `commnet` without communication, at `speaker_listener` with five targets. What the
           speaker says, the vector on its mind, is put into clusters (k-means, as many as targets). Two mutual informations
           in bits: of the target with the message's cluster, which is what is said, and of the target with what the
           listener picks, which is what is understood. Five equally likely targets have 2.32 bits. Teams that have learned
           nothing yet are shown beside.
Paper      Lowe et al. 2017, "Multi-Agent Actor-Critic for Mixed Cooperative-Competitive Environments", section 5.1;
           Lowe et al. 2019, "On the Pitfalls of Measuring Emergent Communication", on saying without being understood.
Expect     Teams that talk win nearly always, silent ones a fifth. What is said differs by target from the first day, since
           even random weights tell five inputs apart; to be understood is what is learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.comm import CommNet, seen_by
from agents.rehearsal import rehearse
from arena.labs.lab import Finding, Run, spread
from arena.labs.teams import taught, worth
from games.chance import derive
from games.speaker_listener import LISTENER, SPEAKER, SpeakerListener

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TEAMS = {"CommNet": "commnet", "TarMAC": "tarmac", "no communication": "commnet(communicate=False)"}
LESSONS, BOARDS, ASKED = 60, 64, 1000


def speaker_listener(run: Run, targets: int = 5) -> Finding:
    """Returns, and what is said and understood, with messages and without."""
    game, lessons = SpeakerListener(targets), run.pick(LESSONS, 40)
    parts = [(name, count, seed) for name in TEAMS for count in (0, lessons) for seed in range(run.seeds)]
    found: dict[str, list[dict[str, float]]] = {}
    pictures: dict[str, NDArray[np.float64]] = {}  # how often each target led to each pick
    for name, count, seed in run.each(parts, "{}, {} lessons, seed {}"):
        learner = taught(TEAMS[name], game, lessons=count, boards=BOARDS, seed=seed)
        assert isinstance(learner, CommNet)
        label, story = f"{name}, {count} lessons", asked(learner, game, seed=seed)
        pictures[label] = counted(story.target, story.picked)
        earned = worth(learner, game, boards=ASKED, seed=seed)
        found.setdefault(label, []).append({"return": earned, **bits(story, talks=learner.communicate)})
    keys = ("return", "said", "understood")
    rows = [(label, *(spread([one[key] for one in seeds]) for key in keys)) for label, seeds in found.items()]
    shown = ["CommNet, 0 lessons", *(f"{name}, {lessons} lessons" for name in TEAMS)]

    def draw(axes: Sequence[Axes]) -> None:
        for axis, label in zip(axes, shown, strict=True):
            axis.imshow(pictures[label], cmap="viridis")
            axis.set(xlabel="picked", ylabel="target", title=f"{label}, one seed")

    def mean(label: str, key: str) -> float:
        return fmean(one[key] for one in found[label])

    learned, new, silent = f"CommNet, {lessons} lessons", "CommNet, 0 lessons", f"no communication, {lessons} lessons"
    sentence = (
        f"With messages a team wins {mean(learned, 'return'):.2f} of its matches, without {mean(silent, 'return'):.2f}; of"
        f" {log2(targets):.2f} bits the messages carry {mean(learned, 'said'):.2f} (before any lesson"
        f" {mean(new, 'said'):.2f}), and the listener understands {mean(learned, 'understood'):.2f} (before"
        f" {mean(new, 'understood'):.2f})."
    )
    return Finding(
        ["team", "return", "said (bits)", "understood (bits)"], rows, sentence, {"found": found}, draw, len(shown)
    )


class Story(NamedTuple):
    """Matches of a team, (ASKED,) each."""

    target: Tensor
    said: Tensor  # the cluster of the speaker's message
    picked: Tensor


def bits(story: Story, *, talks: bool) -> dict[str, float]:
    """What messages tell of the target, and what the picks do."""
    said = information(story.target, story.said) if talks else 0.0
    return {"said": said, "understood": information(story.target, story.picked)}


def asked(learner: CommNet, game: SpeakerListener, *, seed: int) -> Story:
    """Matches of the frozen team."""
    frozen = learner.frozen([learner.policy()])
    story = rehearse(game, frozen, boards=ASKED, seed=derive(seed, 9), everywhere=True).trajectory
    speaks, listens = story.seat == SPEAKER, story.seat == LISTENER
    with torch.no_grad():
        minds = learner.team.encode(seen_by(story, game.spec, seat=learner.seat)[speaks]).tanh()  # (ASKED, H)
    return Story(story.features[speaks].argmax(1), clusters(minds, game.targets), story.action[listens])


def clusters(points: Tensor, count: int) -> Tensor:
    """(N,) which of `count` clusters each point (N, H) is in: k-means, begun at points far from each other."""
    centres = points[:1]
    for _ in range(count - 1):
        centres = torch.cat([centres, points[torch.cdist(points, centres).amin(1).argmax()][None]])
    for _ in range(20):
        nearest = torch.cdist(points, centres).argmin(1)
        members = torch.nn.functional.one_hot(nearest, count).to(points.dtype)  # (N, count)
        centres = torch.where(
            members.sum(0)[:, None] > 0, members.T @ points / members.sum(0)[:, None].clamp(min=1), centres
        )
    return nearest


def counted(one: Tensor, other: Tensor) -> NDArray[np.float64]:
    """How often each pair of values came, as shares."""
    table = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
    np.add.at(table, (one.numpy(), other.numpy()), 1 / len(one))
    return table


def information(one: Tensor, other: Tensor) -> float:
    """Mutual information in bits, of what was counted; by chance alone about (A-1)(B-1) / (2 N ln 2) above the truth."""
    joint = counted(one, other)
    apart = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    here = joint > 0
    return float((joint[here] * np.log2(joint[here] / apart[here])).sum())
