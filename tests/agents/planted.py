"""Agents and learners with one fault each, for the checks to find; and an honest learner that they spoil."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import torch

from agents.core import Agent, Learner
from agents.errors import BadWeights
from agents.scripted.uniform import Uniform, draw
from games.chance import uniform


class Rambler(Agent):
    """Asks torch's global generator, and is legal all the same."""

    def act(self, observation):
        return torch.multinomial(observation.legal.float(), 1).squeeze(1)


class Moody(Uniform):
    """Every instance has a mood of its own."""

    moods = count()

    def __init__(self, game):
        super().__init__(game)
        self.mood = next(self.moods)

    def act(self, observation):
        return super().act(replace(observation, seed=observation.seed + self.mood))


class Whimsical(Moody):
    """Need not repeat itself, and cannot play at a place that is not among the first."""

    must_repeat = False

    def __init__(self, game, sin):
        super().__init__(game)
        self.sin = sin

    def act(self, observation):
        strange = observation.row >= 48
        if self.sin == "crash" and strange.any():
            raise ZeroDivisionError
        return torch.where(strange, 9, super().act(observation)) if self.sin == "illegal" else super().act(observation)


class Veteran(Uniform):
    """Counts its calls, and never starts again."""

    calls = 0

    def act(self, observation):
        self.calls += 1
        return super().act(replace(observation, seed=observation.seed + self.calls))


class Superstitious(Uniform):
    """Believes in the number of its row."""

    def act(self, observation):
        return super().act(replace(observation, seed=observation.row))


class Queuer(Uniform):
    """Goes by its position in the batch."""

    def act(self, observation):
        return super().act(replace(observation, seed=torch.arange(len(observation))))


class Follower(Uniform):
    """Looks at how many others there are."""

    def act(self, observation):
        return super().act(replace(observation, seed=observation.seed + len(observation)))


class Eavesdropper(Uniform):
    """Goes by how many of its board it holds, of whatever team."""

    def act(self, observation):
        circle = self.circle(observation)
        mates = (circle[:, None] == circle[None, :]).sum(1)
        return super().act(replace(observation, seed=observation.seed + mates))

    def circle(self, observation):
        return observation.row // self.game.seats


class Whisperer(Eavesdropper):
    """Honest: goes by how many of its board's team it holds, as team-mates that talk may."""

    def circle(self, observation):
        team = torch.tensor(self.game.team_of)[observation.seat]
        return super().circle(observation) * self.game.seats + team


class Counter(Agent):
    """Honest: plays 0, 1, 0, 1, ... in each row, from memory of the steps at which it was asked."""

    def __init__(self, game):
        super().__init__(game)
        self.asked = {}

    def reset(self, rows, seeds):
        self.asked.update({row: [] for row in rows.tolist()})

    def act(self, observation):
        for row, step in zip(observation.row.tolist(), observation.step.tolist(), strict=True):
            if self.is_news(row, step):
                self.asked[row].append(step)
        return torch.tensor([len(self.asked[row]) - 1 for row in observation.row.tolist()]) % 2

    def is_news(self, row, step):
        return step not in self.asked[row]


class Territorial(Counter):
    """Remembers by the board, whatever its seat."""

    def reset(self, rows, seeds):
        super().reset(rows // self.game.seats, seeds)

    def act(self, observation):
        return super().act(replace(observation, row=observation.row // self.game.seats))


class Impatient(Counter):
    """Counts a question twice that is asked twice."""

    def is_news(self, row, step):
        return True


class Forgetful(Counter):
    """Forgets everything when somebody is missing."""

    def act(self, observation):
        if len(observation) < len(self.asked):
            self.asked = {row: [] for row in observation.row.tolist()}
        return super().act(observation)


class Absentminded(Counter):
    """Forgets everybody when somebody new comes."""

    def reset(self, rows, seeds):
        self.asked = {row: [] for row in self.asked}
        super().reset(rows, seeds)


class Stubborn(Agent):
    """Plays action 2, legal or not."""

    def act(self, observation):
        return torch.full_like(observation.row, 2)


class Opinionated(Uniform):
    """Honest: what it likes of torch's settings is nobody's business but its own."""

    def act(self, observation):
        answer = super().act(observation)
        torch.set_default_device("meta")
        torch.set_default_dtype(torch.float64)
        return answer


class OneSided(Uniform):
    """Knows how to play in seat 0 only."""

    def act(self, observation):
        return torch.where(observation.seat == 0, super().act(observation), -1)


class Vague(Uniform):
    """Answers in floating point."""

    def act(self, observation):
        return super().act(observation).float()


class Lister(Uniform):
    """Answers a list."""

    def act(self, observation):
        return super().act(observation).tolist()


class Terse(Uniform):
    """Answers once for all."""

    def act(self, observation):
        return super().act(observation)[:1]


class Vandal(Uniform):
    """Scribbles on what it is shown."""

    def act(self, observation):
        observation.features.zero_()
        return super().act(observation)


class Fragile(Agent):
    """Breaks."""

    def act(self, observation):
        raise ZeroDivisionError("oh")


class Unready(Uniform):
    """Breaks before it begins."""

    def reset(self, rows, seeds):
        raise ZeroDivisionError("oh")


class Honest(Learner):
    """Likes what paid: one number for each action, moved with momentum and a little noise of its own."""

    def __init__(self, game, *, seed=0):
        super().__init__(game, seed=seed)
        self.liking = torch.randn(game.actions, generator=torch.Generator().manual_seed(seed))
        self.speed, self.lessons = torch.zeros(game.actions), torch.tensor(0)

    def act(self, observation):
        return draw(self.liking.softmax(0) * observation.legal, observation)

    def learn(self, trajectory):
        self.lessons += 1
        paid = trajectory.returns.gather(1, torch.zeros_like(trajectory.returns[:, :1]).long())[trajectory.match, 0]
        gain = torch.zeros(self.game.actions).index_add(0, trajectory.action, paid) / len(trajectory)
        self.speed.mul_(0.9).add_(gain + 0.1 * uniform(torch.tensor(self.seed), self.lessons))
        self.liking.add_(self.speed)
        return {"speed": float(self.speed.norm())}

    def state(self):
        return {"liking": self.liking.clone(), "speed": self.speed.clone(), "lessons": self.lessons.clone()}

    def load_state(self, state):
        self.liking, self.speed, self.lessons = (state[name].clone() for name in ("liking", "speed", "lessons"))

    def policy(self):
        return {"liking": self.liking.clone()}

    def load_policy(self, policy):
        _require(policy, self.liking)
        self.liking.copy_(policy["liking"])

    def frozen(self, policies):
        for policy in policies:
            _require(policy, self.liking)
        return Frozen(self.game, torch.stack([policy["liking"] for policy in policies]))


class Frozen(Agent):
    def __init__(self, game, likings):
        super().__init__(game)
        self.likings = likings  # (K, A)

    def act(self, observation):
        return draw(self.likings.softmax(1)[observation.member] * observation.legal, observation)


def _require(policy, liking):
    if set(policy) != {"liking"} or policy["liking"].shape != liking.shape:
        raise BadWeights("not what policy gives")


class Diverging(Honest):
    def learn(self, trajectory):
        return {"loss": float("nan")}


class Chatty(Honest):
    def learn(self, trajectory):
        return {"loss": torch.tensor(1.0)}


class Poisoned(Honest):
    def learn(self, trajectory):
        self.liking.fill_(float("inf"))
        return {}


class LivingPolicy(Honest):
    def policy(self):
        return {"liking": self.liking}


class LivingState(Honest):
    def state(self):
        return {**super().state(), "speed": self.speed}


class ForgetsSpeed(Honest):
    def state(self):
        return {name: tensor for name, tensor in super().state().items() if name != "speed"}

    def load_state(self, state):
        super().load_state({**state, "speed": torch.zeros_like(self.speed)})


class ForgetsToLoad(Honest):
    def load_state(self, state):
        super().load_state({**state, "lessons": self.lessons})


class Keeps(Honest):
    def load_state(self, state):
        self.liking, self.speed, self.lessons = state["liking"], state["speed"], state["lessons"]


class DeafToPolicies(Honest):
    def load_policy(self, policy):
        _require(policy, self.liking)


class Credulous(Honest):
    def frozen(self, policies):
        return Frozen(self.game, torch.stack([policy.get("liking", self.liking) for policy in policies]))


class Startled(Honest):
    def load_policy(self, policy):
        self.liking = policy["liking"].clone()
        if len(policy) > 1:
            raise ValueError("too many")


class FirstOnly(Honest):
    def frozen(self, policies):
        return super().frozen([*policies[:1]] * len(policies))


class Thawed(Honest):
    def frozen(self, policies):
        frozen = super().frozen(policies)
        if len(policies) == 1 and torch.equal(policies[0]["liking"], self.liking):
            frozen.likings = self.liking[None]
        return frozen


class BatchBound(Honest):
    def frozen(self, policies):
        frozen = super().frozen(policies)
        act = frozen.act
        frozen.act = lambda seen: act(replace(seen, seed=seen.seed + len(seen)))
        return frozen
