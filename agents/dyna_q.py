"""Dyna-Q: Q-learning that also learns from what it remembers of the world (Sutton 1990; Sutton and Barto 2018, ch. 8.2).

Every real step is learned from once, and kept in a table of what followed what: the model, exact where the world is
deterministic. Then `planning` remembered steps are drawn and learned from again, so that one reward is carried far back
without a further real step.

It is no agent of the league: its states are whole numbers, not observations. `arena lab run dyna-planning` shows it.

    learner = DynaQ(states=16, actions=4, planning=50)
    action = learner.act(state)
    learner.learn(state, action, reward, following, last=terminated)
"""

from __future__ import annotations

import random


class DynaQ:
    """A table of action values, a model, and a seed of its own; numbers as in the book's Dyna maze.

    planning   remembered steps learned from after each real one; 0 is Q-learning
    lr         how far a value moves towards its target
    gamma      discount
    epsilon    chance of a random action
    """

    def __init__(
        self,
        states: int,
        actions: int,
        *,
        planning: int = 5,
        lr: float = 0.1,
        gamma: float = 0.95,
        epsilon: float = 0.1,
        seed: int = 0,
    ) -> None:
        self.planning, self.lr, self.gamma, self.epsilon = planning, lr, gamma, epsilon
        self.values = [[0.0] * actions for _ in range(states)]
        self.model: dict[tuple[int, int], tuple[float, int, bool]] = {}  # (state, action) -> reward, following, last
        self._tried: list[tuple[int, int]] = []  # the model's keys, to draw from
        self._chance = random.Random(seed)

    def act(self, state: int) -> int:
        """Epsilon-greedy; equals by lot."""
        values = self.values[state]
        if self._chance.random() < self.epsilon:
            return self._chance.randrange(len(values))
        best = max(values)
        return self._chance.choice([action for action, value in enumerate(values) if value == best])

    def greedy(self, state: int) -> int:
        """The best action, the first of equals."""
        return self.values[state].index(max(self.values[state]))

    def learn(self, state: int, action: int, reward: float, following: int, *, last: bool) -> None:
        """From one real step, then from `planning` remembered ones. `last`: `following` is an end, and worth nothing."""
        if (state, action) not in self.model:
            self._tried.append((state, action))
        self.model[state, action] = reward, following, last
        self._update(state, action, reward, following, last)
        for state, action in self._chance.choices(self._tried, k=self.planning):
            self._update(state, action, *self.model[state, action])

    def _update(self, state: int, action: int, reward: float, following: int, last: bool) -> None:
        target = reward + (0.0 if last else self.gamma * max(self.values[following]))
        self.values[state][action] += self.lr * (target - self.values[state][action])
