"""Learners that talk: who hears whom, what is heard by hand, and what can only be learned by talking."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical

from agents.comm import CommNet, TarMAC, heard
from agents.core import Observation
from agents.errors import Untold
from agents.nets import masked
from agents.registry import make_agent
from agents.rehearsal import rehearse
from agents.talk import Attention, Circles, Mean, Team
from games.core import Game, GameSpec
from games.kuhn_poker import KuhnPoker
from games.registry import GAMES

TEAM = GameSpec("team", 1, "cooperative", 3, 4, (2,), 2, (0.0, 1.0), simultaneous=True)
DUEL = replace(TEAM, name="duel", flavour="competitive", seats=4, teams=(0, 1, 0, 1))
both = pytest.mark.parametrize("kind", [CommNet, TarMAC])


def seen(board: list[int], seat: list[int], *, member: list[int] | None = None, game: GameSpec = TEAM) -> Observation:
    """Rows that all see something else."""
    boards, seats = torch.tensor(board), torch.tensor(seat)
    row = boards * game.seats + seats
    return Observation(
        features=torch.randn(len(row), 2, generator=torch.Generator().manual_seed(1)),
        legal=torch.ones(len(row), game.actions, dtype=torch.bool),
        seat=seats,
        step=torch.zeros_like(row),
        seed=row + 50,
        row=row,
        member=torch.tensor(member or [0] * len(row)),
    )


def logits(learner: CommNet, rows: Observation) -> Tensor:
    return learner.team(learner._seen(rows), heard(rows, learner.game)).detach()


def hears(learner: CommNet, rows: Observation) -> list[list[bool]]:
    """Whether each row (down) changes when what another one sees (across) does."""
    before, changed = logits(learner, rows), []
    for row in range(len(rows)):
        features = rows.features.clone()
        features[row] += 1
        changed.append((logits(learner, replace(rows, features=features)) != before).any(1).tolist())
    return [list(column) for column in zip(*changed, strict=True)]


@both
def test_team_mates_of_one_board_hear_each_other(kind: type[CommNet]) -> None:
    rows = seen([0, 0, 7, 7, 2], [0, 2, 1, 2, 0])
    assert hears(kind(TEAM), rows) == [
        [True, True, False, False, False],
        [True, True, False, False, False],
        [False, False, True, True, False],
        [False, False, True, True, False],
        [False, False, False, False, True],
    ]


@both
def test_the_other_team_does_not_listen(kind: type[CommNet]) -> None:
    rows = seen([0, 0, 0, 0], [0, 1, 2, 3], game=DUEL)
    assert hears(kind(DUEL), rows) == [[True, False] * 2, [False, True] * 2] * 2


@both
def test_another_checkpoint_s_words_mean_nothing(kind: type[CommNet]) -> None:
    learner, other = kind(TEAM, seed=1), kind(TEAM, seed=2)
    frozen = learner.frozen([learner.policy(), other.policy()])
    rows = seen([board for board in range(60) for _ in range(3)], [0, 1, 2] * 60, member=[0, 1, 0] * 60)
    together = frozen.act(rows)
    for member, policy in enumerate((learner.policy(), other.policy())):
        mine = rows.take(rows.member == member)
        alone = learner.frozen([policy]).act(replace(mine, member=torch.zeros_like(mine.member)))
        assert torch.equal(together[rows.member == member], alone)


@both
def test_who_does_not_communicate_hears_nobody(kind: type[CommNet]) -> None:
    rows = seen([0, 0, 0], [0, 1, 2])
    assert hears(kind(TEAM, communicate=False), rows) == torch.eye(3, dtype=torch.bool).tolist()


@both
def test_a_shut_gate_is_silence(kind: type[CommNet]) -> None:
    learner, rows = kind(TEAM, gate=True), seen([0, 0, 0], [0, 1, 2])
    assert all(all(row) for row in hears(learner, rows))
    learner.team.gate.layers[0].bias.data.fill_(-9.0)  # type: ignore[union-attr, index, operator]
    assert not any(one for place, row in enumerate(hears(learner, rows)) for other, one in enumerate(row) if place != other)


@both
def test_the_order_of_the_rows_is_nothing_to_them(kind: type[CommNet]) -> None:
    learner, rows = kind(TEAM), seen([3, 3, 3, 1, 1, 1], [0, 1, 2, 0, 1, 2])
    order = torch.tensor([4, 0, 5, 2, 1, 3])
    assert torch.allclose(logits(learner, rows.take(order)), logits(learner, rows)[order], atol=1e-6)


def plain(layer: torch.nn.Module) -> torch.nn.Module:
    """A layer that gives back what it gets."""
    layer.layers[0].weight.data = torch.eye(layer.layers[0].weight.shape[0])  # type: ignore[union-attr, index, operator]
    return layer


def test_commnet_hears_the_mean_of_the_others() -> None:
    mean, minds = Mean(2, seed=0), torch.tensor([[1.0, 2.0], [3.0, 6.0], [5.0, 0.0], [9.0, 9.0]])
    plain(mean.listen)
    circles = Circles.of(torch.tensor([4, 4, 4, 9]), torch.tensor([0, 1, 2, 1]), seats=3)
    said = torch.tensor([[1.0], [1.0], [0.0], [1.0]])  # the third is silent
    assert mean(minds, torch.ones(4, 1), circles).tolist() == [[4.0, 3.0], [3.0, 1.0], [2.0, 4.0], [0.0, 0.0]]
    assert mean(minds, said, circles).tolist() == [[1.5, 3.0], [0.5, 1.0], [2.0, 4.0], [0.0, 0.0]]


def test_tarmac_hears_those_whose_signature_answers_its_query() -> None:
    talk, minds = Attention(2, seed=0, signature=2), torch.tensor([[40.0, 0.0], [0.0, 40.0], [40.0, 0.0]])
    for layer in (talk.signature, talk.query, talk.value, talk.listen):
        plain(layer)
    circles = Circles.of(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 0]), seats=3)
    assert torch.allclose(talk(minds, torch.ones(3, 1), circles), minds)  # like answers like, and each is alone with it
    talk.query.layers[0].weight.data = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    assert torch.allclose(talk(minds, torch.ones(3, 1), circles), minds[[1, 0, 2]])  # who is alone hears only itself


def test_tarmac_weighs_what_it_hears_by_the_scaled_dot_product() -> None:
    """Das et al. 2019: softmax of query times signature over the square root of their size, here 2."""
    talk, minds = Attention(2, seed=0, signature=2), torch.tensor([[1.0, 0.0], [0.5, 1.0]])
    for layer in (talk.signature, talk.value, talk.listen):
        plain(layer)
    talk.query.layers[0].weight.data = torch.tensor([[0.0, 2.0], [0.0, 0.0]])  # queries (0, 0) and (2, 0)
    first, second = (torch.tensor(scores).div(2**0.5).softmax(0) for scores in ([0.0, 0.0], [2.0, 1.0]))
    circles = Circles.of(torch.zeros(2).long(), torch.arange(2), seats=2)
    assert torch.allclose(talk(minds, torch.ones(2, 1), circles), torch.stack([first @ minds, second @ minds]))
    half = talk(minds, torch.tensor([[1.0], [0.0]]), circles)  # the second is silent, and its share of attention is lost
    assert torch.allclose(half, torch.stack([first[0] * minds[0], second[0] * minds[0]]))


def test_a_gate_is_open_or_shut_and_learns_as_if_it_were_soft() -> None:
    team = Team((3, 1, 2), kind="mean", rounds=1, communicate=True, gate=True, seed=0)
    assert team.gate is not None
    layer = team.gate.layers[0]
    layer.weight.data, layer.bias.data = torch.ones(1, 1), torch.zeros(1)  # type: ignore[union-attr]
    said = team._said(torch.tensor([[2.0], [-3.0]]))
    assert said.flatten().tolist() == [1.0, 0.0]
    (said * torch.tensor([[5.0], [7.0]])).sum().backward()
    slope = [1 / (1 + math.exp(-x)) / (1 + math.exp(x)) for x in (2.0, -3.0)]  # of a sigmoid
    assert float(layer.weight.grad) == pytest.approx(5 * slope[0] * 2 - 7 * slope[1] * 3, rel=1e-4)  # type: ignore[union-attr, arg-type]


@both
def test_a_gate_is_learned_through_what_the_others_make_of_its_words(kind: type[CommNet]) -> None:
    learner, rows = kind(TEAM, gate=True), seen([0, 0], [0, 1])
    learner.team(learner._seen(rows), heard(rows, TEAM))[0].sum().backward()
    assert learner.team.gate is not None
    assert learner.team.gate.get_parameter("layers.0.weight").grad.abs().sum() > 0  # type: ignore[union-attr]


@both
def test_where_nobody_has_a_team_mate_its_chances_are_told(kind: type[CommNet]) -> None:
    """By rows that say they are of one board and one seat, as those of an exact analysis do."""
    kuhn = KuhnPoker().spec
    learner = kind(kuhn, seed=1)
    learner.team.policy.layers[0].weight.data *= 5  # far from uniform
    frozen = learner.frozen([learner.policy()])
    three = replace(
        seen([0, 0, 0], [1, 1, 1], game=kuhn),
        features=torch.randn(3, *kuhn.observation, generator=torch.Generator().manual_seed(2)),
    )
    told = frozen.probabilities(three)
    assert float(told.std(0).max()) > 0.1
    for place in range(3):
        one = three.take(slice(place, place + 1))
        many = replace(one.take(torch.zeros(4000).long()), seed=torch.arange(4000), row=torch.arange(4000) * 2 + 1)
        often = torch.bincount(frozen.act(many), minlength=2) / 4000
        assert often.tolist() == pytest.approx(told[place].tolist(), abs=0.03)


@both
def test_team_mates_that_talk_do_not_tell_their_chances_and_silent_ones_do(kind: type[CommNet]) -> None:
    rows = seen([0, 0], [0, 1])
    talking, silent = kind(TEAM), kind(TEAM, communicate=False)
    with pytest.raises(Untold, match="the team-mates of 'team' talk"):
        talking.frozen([talking.policy()]).probabilities(rows)
    told = silent.frozen([silent.policy()]).probabilities(rows)
    torch.testing.assert_close(told.float(), logits(silent, rows).softmax(1))


def test_what_is_learned_flows_through_the_messages() -> None:
    team = Team((3, 8, 2), kind="mean", rounds=1, communicate=True, gate=False, seed=0)
    shown = torch.eye(3)[:2].requires_grad_()
    team(shown, Circles.of(torch.tensor([0, 0]), torch.tensor([0, 1]), seats=2))[0].sum().backward()
    assert shown.grad is not None
    assert shown.grad[1].abs().sum() > 0


@both
@pytest.mark.parametrize("name", ["two_step", "tests.plugins.odd_games:Tug"], ids=["steps", "teams"])
def test_in_a_lesson_they_hear_what_they_heard_when_they_played(kind: type[CommNet], name: str) -> None:
    game = GAMES.make(name)
    learner = kind(game.spec)
    story = rehearse(game, learner, boards=5, everywhere=True)
    played = [  # (5 * P, 1) for each step, by board and seat
        logits(learner, turn.seen).log_softmax(1).gather(1, turn.answer[:, None]) for turn in story.turns
    ]
    by_board = torch.stack([step.view(5, -1) for step in played], 1).flatten()
    judged = learner._judge(story.trajectory, learner._circles(story.trajectory))
    assert torch.allclose(judged.log_prob.squeeze(1), by_board, atol=1e-6)


@both
def test_an_update_goes_down_the_loss_of_the_paper(kind: type[CommNet]) -> None:
    """The two-step game pays at its end only, so that with gamma and lambda 1 each decision is worth the match's return."""
    settings = {"hidden": 16, "gamma": 1.0, "decay": 1.0, "entropy": 0.1, "clip": 0.05, "max_norm": 1e-3, "seed": 1}
    game = GAMES.make("two_step")
    learner, oracle = (kind(game.spec, **settings) for _ in range(2))  # type: ignore[arg-type]
    story = rehearse(game, learner, boards=32, everywhere=True).trajectory
    circles = learner._circles(story)
    batch, worth = learner._judge(story, circles), story.returns[:, 0][story.match] / 8

    def judged() -> tuple[Categorical, Tensor]:
        minds = oracle.team.minds(oracle._seen(story), circles)
        return Categorical(logits=masked(oracle.team.policy(minds), story.legal)), oracle.value(minds).squeeze(1)

    with torch.no_grad():
        policy, value = judged()
        old, gain = policy.log_prob(story.action), worth - value
        gain = (gain - gain.mean()) / gain.std(correction=0)
    for _ in range(20):  # the first leave the policy that judged; from then on some ratios are clipped
        learner._update(batch, circles)
        policy, value = judged()
        ratio = (policy.log_prob(story.action) - old).exp()
        loss = -torch.min(ratio * gain, ratio.clamp(0.95, 1.05) * gain) - 0.1 * policy.entropy() + (value - worth).square()
        oracle.optimizer.zero_grad()
        loss.mean().backward()  # type: ignore[no-untyped-call]
        slopes = [weight.grad for weight in oracle.networks.parameters()]
        length = float(sum(slope.square().sum() for slope in slopes)) ** 0.5
        for slope in slopes:
            slope *= min(1.0, 1e-3 / length)
        oracle.optimizer.step()
    assert bool(((ratio - 1).abs() > 0.05).any())
    for got, expected in zip(learner.networks.parameters(), oracle.networks.parameters(), strict=True):
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-3)


def test_a_minibatch_keeps_those_together_who_heard_each_other() -> None:
    learner = CommNet(TEAM, epochs=2, minibatches=3)
    circles = Circles.of(torch.arange(30) // 3, torch.arange(30) % 3, seats=3)
    parts = list(learner._minibatches(circles))
    assert len(parts) == 6
    assert all(part.view(-1, 3).diff(dim=1).eq(1).all() and (part.view(-1, 3)[:, 0] % 3 == 0).all() for part in parts)
    assert all(sorted(torch.cat(parts[epoch : epoch + 3]).tolist()) == list(range(30)) for epoch in (0, 3))


def learned(spec: str, game: Game, *, lessons: int, boards: int, seed: int = 0) -> float:
    """The mean return of the frozen team, in matches that it has not met, after so many batches of so many matches."""
    learner = make_agent(spec, game.spec, seed=seed)
    assert isinstance(learner, CommNet)
    for lesson in range(lessons):
        learner.learn(rehearse(game, learner, boards=boards, seed=lesson, everywhere=True).trajectory)
    rated = learner.frozen([learner.policy()])
    return float(rehearse(game, rated, boards=500, seed=10_000, everywhere=True).trajectory.returns.mean())


@pytest.mark.parametrize("spec", ["commnet", "tarmac", "commnet(gate=True)"])
def test_the_listener_learns_the_speaker_s_words(spec: str) -> None:
    assert learned(spec, GAMES.make("speaker_listener"), lessons=40, boards=64) > 0.95  # chance: 0.2


def test_nobody_learns_the_target_without_a_word() -> None:
    assert learned("commnet(communicate=False)", GAMES.make("speaker_listener"), lessons=40, boards=64) < 0.27


@pytest.mark.parametrize("kind", ["commnet", "tarmac"])
def test_strangers_who_talk_sort_themselves_onto_the_levers(kind: str) -> None:
    """Three of ten, who know who they are but not where they sit. Chance gets 0.70, the best of silent plans 0.75."""
    levers = GAMES.make("levers(agents=10, seats=3)")
    talking = learned(f"{kind}(hidden=32, seat=False)", levers, lessons=150, boards=64)
    silent = learned(f"{kind}(hidden=32, seat=False, communicate=False)", levers, lessons=150, boards=64)
    assert talking > 0.9
    assert silent < 0.78
