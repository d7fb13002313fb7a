"""Why does self-play cycle at rock-paper-scissors, and when does a pool of old selves help?

Question   A learner that only meets its latest self chases its own tail. Does meeting older selves as well stop that?
Method     Share alpha of the games is against the latest snapshot, the rest uniformly against all of them: no pool (1),
           80/20 (0.8), 50/50 (0.5), pool only (0). The learner (`reinforce`: batches of 8, lr 0.1, a snapshot every 400 of
           120,000 episodes) and its entropy weight, 0.2, are the same in each. Measured is the exploitability of the last
           iterate at each snapshot of the last quarter, of at most 1. A mean over time would look uniform even in a cycle.
           Beside it an exact learner, which moves a share beta of the way to its smoothed best response per snapshot, with
           entropy weight tau. Linearised at the uniform policy, with old selves that cancel out, it settles if and only if
           alpha < sqrt(3) tau sqrt((2 - beta) / beta). The phase diagram shows it at beta 1.
Paper      Fudenberg and Levine 1998, "The Theory of Learning in Games", on smoothed play; Heinrich, Lanctot and Silver 2015
           on pools as fictitious play.
Expect     A pool helps, and no pool alone makes plain policy gradient settle: it is entropy and a pool together. The old
           selves must not be all there is: a pool alone lags.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from arena.labs.lab import Finding, Run, spread
from games import arguments
from games.matrix import rock_paper_scissors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ARMS = {"no pool": 1.0, "80/20": 0.8, "50/50": 0.5, "pool only": 0.0}
BATCH, SNAPSHOT, EPISODES = 8, 400, 120_000
WINDOW = 0.25  # of the snapshots, the last
CYCLES = 0.05  # exploitability from which on an exact learner is said to cycle
GAME = rock_paper_scissors()
PAYOFF = np.array(GAME.tables[0])  # (3, 3)
Floats = NDArray[np.float64]


def rps_pool(run: Run, lr: float = 0.1, entropy: float = 0.2) -> Finding:
    """The last iterate's exploitability in four arms, and the phase diagram."""
    lr, entropy = (
        arguments.number("lr", lr, low=0, high=10, open_low=True),
        arguments.number("entropy", entropy, low=0, high=10),
    )
    episodes, size = run.pick((EPISODES, 40), (24_000, 12))
    policies = {
        arm: sampled(ARMS[arm], lr=lr, entropy=entropy, episodes=episodes, seeds=run.seeds)  # (snapshots, L, 3)
        for arm in run.each(list(ARMS), "{}")
    }
    late = {arm: _late(exploited(found)).tolist() for arm, found in policies.items()}
    alphas, taus = np.linspace(0, 1, size), np.linspace(0.05, 0.8, size)
    diagram = exact(alphas[:, None], taus[None, :], beta=1.0, seed=0)  # (alphas, taus)
    agree = float(((diagram < CYCLES) == settles(alphas[:, None], taus[None, :], beta=1.0)).mean())
    rows = [(arm, share, spread(late[arm], 3)) for arm, share in ARMS.items()]

    def draw(axes: Sequence[Axes]) -> None:
        at = SNAPSHOT * np.arange(len(policies["no pool"]))
        for arm, found in policies.items():
            axes[0].plot(at, exploited(found).mean(axis=1), label=arm, alpha=0.8)
        axes[0].set(xlabel="episodes", ylabel="exploitability (mean of seeds)", title="the last iterate")
        axes[0].legend()
        for place, arm in ((1, "no pool"), (2, "50/50")):
            for action, name in enumerate(GAME.names):
                axes[place].plot(at, policies[arm][:, 0, action], label=name)
            axes[place].set(xlabel="episodes", ylabel="probability", ylim=(0, 1), title=f"{arm}, one seed")
        axes[1].legend()
        shown = axes[3].pcolormesh(taus, alphas, diagram, vmin=0, vmax=1, cmap="viridis")
        axes[3].plot(taus, np.minimum(sqrt(3) * taus, 1), "r--", label="predicted: settles below and right")
        axes[3].set(xlabel="tau, the weight of entropy", ylabel="alpha, the latest's share", title="exact, beta 1")
        axes[3].legend(loc="lower right")
        axes[3].figure.colorbar(shown, ax=axes[3], label="exploitability")

    ratio = fmean(late["no pool"]) / fmean(late["50/50"])
    sentence = (
        f"With the same learner and entropy the last iterate's exploitability is {fmean(late['no pool']):.3f} without a"
        f" pool and {fmean(late['50/50']):.3f} at 50/50, {ratio:.1f} times as much; the predicted line parts cycling from"
        f" settling in {agree:.0%} of the phase diagram."
    )
    numbers = {
        "late_exploitability": late,
        "ratio": ratio,
        "phase_diagram": {"alpha": alphas.tolist(), "tau": taus.tolist(), "exploitability": diagram.tolist()},
        "agreement": agree,
    }
    return Finding(["opponents", "alpha", "exploitability"], rows, sentence, numbers, draw, 4)


def exploited(policy: Floats) -> Floats:
    """What a best response wins from each policy (..., 3): the most is 1."""
    return (policy @ PAYOFF.T).max(axis=-1)  # type: ignore[no-any-return]


def settles(alpha: Floats, tau: Floats, *, beta: float) -> NDArray[np.bool_]:
    """Whether the exact learner is predicted to come to rest; shapes broadcast."""
    return np.asarray(alpha < sqrt(3) * tau * sqrt((2 - beta) / beta))


def exact(alpha: Floats, tau: Floats, *, beta: float, seed: int, snapshots: int = 2000) -> Floats:
    """The late exploitability of learners that move `beta` of the way to their smoothed best response per snapshot."""
    alpha, tau = (each[..., None] for each in np.broadcast_arrays(alpha, tau))
    start = np.random.default_rng(seed).dirichlet([20.0] * 3)
    policy = np.broadcast_to(start, (*alpha.shape[:-1], 3))
    pool, late = np.zeros_like(policy), []
    for count in range(snapshots):
        pool = pool + (policy - pool) / (count + 1)  # the mean of all snapshots
        values = (alpha * policy + (1 - alpha) * pool) @ PAYOFF.T / tau
        policy = (1 - beta) * policy + beta * _softmax(values)
        if count >= (1 - WINDOW) * snapshots:
            late.append(exploited(policy))
    return np.asarray(np.mean(late, axis=0))


def sampled(alpha: float, *, lr: float, entropy: float, episodes: int, seeds: int) -> Floats:
    """The policies (snapshots, L, 3) of L learners, one a seed, at each snapshot.

    Steps are `Reinforce.learn`'s, for all seeds at once: in a game with nothing to see its policy is three logits.
    """
    chance = [np.random.default_rng(seed) for seed in range(seeds)]  # the same luck in every arm
    logits = np.zeros((seeds, 3))
    policies = np.empty((episodes // SNAPSHOT + 1, seeds, 3))
    policies[0] = _softmax(logits)
    for period in range(1, len(policies)):
        lots = np.stack([one.random((4, SNAPSHOT)) for one in chance], axis=1)  # (4, L, SNAPSHOT)
        theirs = _opponents(policies[:period], alpha, lots[:3])
        for games in np.split(np.arange(SNAPSHOT), SNAPSHOT // BATCH):
            mine = _drawn(_softmax(logits)[:, None], lots[3][:, games])
            logits = logits + lr * uphill(logits, mine, PAYOFF[mine, theirs[:, games]], entropy=entropy)
        policies[period] = _softmax(logits)
    return policies


def uphill(logits: Floats, action: NDArray[np.int64], won: Floats, *, entropy: float) -> Floats:
    """The gradient (L, 3) of mean return and entropy, from a batch (L, N) of games."""
    policy = _softmax(logits)
    score = np.eye(3)[action] - policy[:, None]  # (L, N, 3): d log pi(a) / d logits
    held = (policy * np.log(policy)).sum(axis=-1, keepdims=True)  # minus the entropy
    return np.asarray((score * won[..., None]).mean(axis=1) - entropy * policy * (np.log(policy) - held))


def _opponents(pool: Floats, alpha: float, lots: Floats) -> NDArray[np.int64]:
    """What the opponents of each game play, (L, SNAPSHOT): the latest with chance `alpha`, else any of the pool."""
    latest, which, cut = lots
    member = np.where(latest < alpha, len(pool) - 1, (which * len(pool)).astype(np.int64))
    return _drawn(pool[member, np.arange(pool.shape[1])[:, None]], cut)


def _drawn(policy: Floats, cut: Floats) -> NDArray[np.int64]:
    """Actions (...) from policies (..., 3), by numbers from 0 to 1."""
    return np.asarray((policy.cumsum(axis=-1)[..., :2] < cut[..., None]).sum(axis=-1))


def _softmax(logits: Floats) -> Floats:
    risen = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(risen / risen.sum(axis=-1, keepdims=True))


def _late(values: Floats) -> Floats:
    """The mean over the last snapshots (snapshots, ...)."""
    return np.asarray(values[-max(1, int(WINDOW * len(values))) :].mean(axis=0))
