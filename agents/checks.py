"""The contracts of agents and learners, as checks that anybody can run on their own.

    check_agent("my_bots:Sneaky(depth=3)", game)     # acts legally, repeatably, and each row by itself
    check_learner("my_bots:Mine(lr=1e-3)", game)     # and learns, is saved, goes on, and is frozen as it should be

A check shows real matches against random opponents and raises `games.errors.CheckFailed` with the rule that was broken. The
rules of acting are in `agents.retelling`; those of learning are here, a function each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

import torch
from torch import Tensor

from agents.core import Agent, Learner, Weights
from agents.errors import BadWeights
from agents.registry import make_agent
from agents.rehearsal import Rehearsal, Turn, ask, rehearse, seat
from agents.retelling import check_acting
from agents.trajectory import Trajectory
from games.chance import bits
from games.core import Game
from games.errors import CheckFailed
from games.foreign import Raised, foreign

LESSONS = 64  # matches that a learner learns from at once
ROUNDING = 0.01  # sums are rounded by the size of the batch: one in a hundred draws may fall otherwise
_CHECK_NAMES = "compare names, shapes and dtypes with what policy() gives before anything is loaded"


def check_agent(spec: str, game: Game, *, seed: int = 0, trusted: bool = False) -> bool:
    """Raises `CheckFailed` unless the agent acts as agents should, at each seat of `game`.

    Whether it gave the same answers again; without that only agents pass of which it is not asked: engines.
    """
    return check_acting(lambda: make_agent(spec, game.spec, seed=seed, trusted=trusted), game)


def check_learner(spec: str, game: Game, *, seed: int = 0) -> None:
    """Raises `CheckFailed` unless the learner acts, learns, is saved and is frozen as learners should.

    In a cooperative game it holds all seats, elsewhere one at a time, or one team where teams compete.
    """

    def make(seed: int) -> Learner:
        agent = make_agent(spec, game.spec, seed=seed)
        if not isinstance(agent, Learner):
            raise CheckFailed(
                f"{spec!r} makes a {type(agent).__name__}, not a learner", hint="subclass agents.core.Learner"
            )
        return agent

    together = game.spec.flavour == "cooperative"
    check_acting(lambda: make(seed), game, everywhere=together, rounding=ROUNDING)
    first, second = (rehearse(game, make(seed), boards=LESSONS, seed=part, everywhere=together) for part in (1, 2))
    learner = make(seed)
    _learns(learner, first.trajectory)
    _gives_copies(learner, second.trajectory)
    _goes_on_where_it_was_saved(make(seed), make(seed), lessons=[first.trajectory, second.trajectory])
    _takes_over_a_policy(make(seed + 1), learner.policy())
    _refuses_foreign_weights(make(seed))
    _members_answer_for_themselves(make(seed), [make(seed + 1).policy(), learner.policy()], first)
    _frozen_stays_frozen(learner, make(seed + 1).policy(), first, second.trajectory)
    check_acting(lambda: make(seed).frozen([learner.policy()]), game, everywhere=together, rounding=ROUNDING)


def _learns(learner: Learner, lesson: Trajectory) -> None:
    metrics = learner.learn(lesson)
    for name, metric in metrics.items():
        if not (isinstance(metric, (int, float)) and isfinite(metric)):
            raise CheckFailed(
                f"learn answered {name}={metric!r}, expected a finite number", hint="float(loss), and a lower lr"
            )
    for name, tensor in learner.policy().items():
        if not tensor.isfinite().all():
            raise CheckFailed(f"after learn, {name!r} of the policy is not finite", hint="lower lr, or clip the gradient")


def _gives_copies(learner: Learner, lesson: Trajectory) -> None:
    given = {"policy()": learner.policy(), "state()": learner.state()}
    kept = {method: _copied(weights) for method, weights in given.items()}
    learner.learn(lesson)
    for method, weights in given.items():
        _require_same(
            kept[method], weights, f"learning on changed what {method} had given", cure="give clones of the tensors"
        )


def _goes_on_where_it_was_saved(steady: Learner, resumed: Learner, *, lessons: Sequence[Trajectory]) -> None:
    before, after = lessons
    steady.learn(before)
    saved = steady.state()
    kept = _copied(saved)
    resumed.load_state(saved)
    cure = "put every weight, moment, buffer and counter that learning uses into state()"
    _require_same(saved, resumed.state(), "state() is not what load_state was given", cure=cure)
    told = steady.learn(after), resumed.learn(after)
    _require_same(kept, saved, "learning on changed what load_state was given", cure="copy from it")
    for method in ("policy", "state"):
        expected, got = getattr(steady, method)(), getattr(resumed, method)()
        _require_same(expected, got, f"saved, loaded and gone on, {method}() is not as if nothing had happened", cure=cure)
    if told[0] != told[1]:
        raise CheckFailed(f"saved, loaded and gone on, learn told {told[1]}, expected {told[0]}", hint=cure)


def _takes_over_a_policy(heir: Learner, policy: Weights) -> None:
    heir.load_policy(policy)
    _require_same(policy, heir.policy(), "policy() is not what load_policy was given", cure="copy every tensor")


def _refuses_foreign_weights(learner: Learner) -> None:
    policy = learner.policy()
    if not policy:
        raise CheckFailed("policy() is empty, expected the weights that acting needs, as named tensors")
    name = min(policy)
    strangers = {
        f"without {name!r}": {other: tensor for other, tensor in policy.items() if other != name},
        f"with {name!r} of another shape": {**policy, name: policy[name].new_zeros(*policy[name].shape, 2)},
        "with a name too many": {**policy, "stranger": torch.zeros(1)},
    }
    for method in (lambda weights: learner.frozen([weights]), learner.load_policy):
        for what, weights in strangers.items():
            try:
                with foreign(BadWeights):
                    method(weights)
            except BadWeights:
                continue
            except Raised as raised:
                raise CheckFailed(
                    f"a policy {what} raised {raised}, expected BadWeights", hint=_CHECK_NAMES
                ) from raised.__cause__
            raise CheckFailed(f"a policy {what} was taken, expected BadWeights", hint=_CHECK_NAMES)


def _members_answer_for_themselves(learner: Learner, policies: Sequence[Weights], story: Rehearsal) -> None:
    """Some boards' rows ask the first member of two and the others' the second; each must answer as it does alone."""
    alone = [_actions(learner.frozen([policy]), story, members=1) for policy in policies]
    together = _actions(learner.frozen(policies), story, members=2)
    asked = torch.cat([_asked(story, turn, members=2) for turn in story.turns])
    expected = torch.where(asked == 1, alone[1], alone[0])
    wrong = together != expected
    telling = alone[0] != alone[1]  # where it matters who answers
    if wrong.float().mean() > ROUNDING or wrong.sum() > 0.1 * telling.sum():
        raise CheckFailed(
            f"two frozen policies in one agent: {int(wrong.sum())} of {len(wrong)} rows got another answer than alone",
            hint="`observation.member` says which of the policies answers a row",
        )


def _frozen_stays_frozen(learner: Learner, other: Weights, story: Rehearsal, lesson: Trajectory) -> None:
    frozen = learner.frozen([learner.policy()])
    before = _actions(frozen, story, members=1)
    learner.learn(lesson)
    learner.load_policy(other)  # one lesson may change too little to be seen
    if not torch.equal(before, _actions(frozen, story, members=1)):
        raise CheckFailed(
            "a frozen agent acts differently after its learner has gone on", hint="frozen must own its weights"
        )


def _actions(agent: Agent, story: Rehearsal, *, members: int) -> Tensor:
    """What an agent answers to all that was seen in a story, by any of its members."""
    seat(agent, story.rows, seeds=story.seeds)
    shown = [replace(turn.seen, member=_asked(story, turn, members=members)) for turn in story.turns]
    return torch.cat([ask(agent, seen) for seen in shown])


def _asked(story: Rehearsal, turn: Turn, *, members: int) -> Tensor:
    """(R,): which member is asked, by lot; one for all rows of a board, which may be a team."""
    return bits(story.board(turn.seen.row), 1) % members


def _copied(weights: Weights) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in weights.items()}


def _require_same(expected: Weights, got: Weights, broken: str, *, cure: str) -> None:
    """Bit for bit."""
    names = {name for name in {*expected, *got} if not _equal(expected.get(name), got.get(name))}
    if names:
        raise CheckFailed(f"{broken}: {', '.join(map(repr, sorted(names)))} differ", hint=cure)


def _equal(one: Tensor | None, other: Tensor | None) -> bool:
    return one is not None and other is not None and one.dtype == other.dtype and torch.equal(one, other)
