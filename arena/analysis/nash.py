"""The Nash mixture of a payoff table: whom to be ready for, when nobody in the table may be favoured.

Of all mixtures that no row beats, the one of maximum entropy, so that a twin takes nothing from the others: rock, paper and
scissors with two rocks give 1/6, 1/6, 1/3, 1/3 (Balduzzi et al. 2018, "Re-evaluating evaluation"). It is the limit of the
logit equilibria p = softmax(A p / t) as the temperature t falls (McKelvey and Palfrey 1995): a smooth path, which starts
at the uniform mixture and is followed here by Newton steps. Dimension: K rows, which are the columns too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

COLDEST = 1e-6  # the last temperature: nobody wins more than a few times that from the mixture
LEAST = 1e-4  # who has less weight in the end is not needed
_COOLING, _STEPS, _PRECISION = 0.5, 50, 1e-11
_NOTHING, _GROWTH = -40.0, 2.0  # log p of a row without weight, and how much a Newton step may add to any


def nash_mixture(win_rates: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """The maximum-entropy Nash mixture (K,) of a symmetric game by its win rates (K, K), each row's against each.

    Only the difference between a win rate and its mirror counts, so the diagonal is of no account. Who is never needed
    gets exactly 0.
    """
    if not len(win_rates):
        return ()
    wins = np.asarray(win_rates, dtype=np.float64)
    assert wins.shape == (len(wins), len(wins)), f"expected as many columns as rows, got {wins.shape}"
    payoff = (wins - wins.T) / 2
    logits, temperature = np.full(len(wins), -np.log(len(wins))), 1.0
    while temperature > COLDEST:
        logits = _equilibrium(payoff, logits, temperature)
        temperature *= _COOLING
    mixture = np.exp(logits).round(6)  # what lies below differs from one machine's libraries to another's
    mixture[mixture < LEAST] = 0.0
    return tuple((mixture / mixture.sum()).tolist())


def _equilibrium(payoff: Vector, logits: Vector, temperature: float) -> Vector:
    """log p (K,) where t log p = A p - c, near the one at a temperature that is a little higher.

    Rows of no weight follow from the others and are left out of the Newton step. Its matrix is never singular, since
    A = -A' pays nothing on the whole: x' A x = 0.
    """
    for _ in range(_STEPS):
        some = np.flatnonzero(logits > _NOTHING)
        mixture, inner = np.exp(logits[some]), payoff[np.ix_(some, some)]
        value = -temperature * float(mixture @ logits[some])
        wrong = np.append(temperature * logits[some] - inner @ mixture + value, mixture.sum() - 1)
        done = np.abs(wrong).max() < _PRECISION
        matrix = np.zeros((len(some) + 1, len(some) + 1))
        matrix[:-1, :-1] = np.diag(np.full(len(some), temperature)) - inner * mixture
        matrix[:-1, -1], matrix[-1, :-1] = 1.0, mixture
        step = np.linalg.solve(matrix, -wrong)[:-1]
        near = logits[some] + step * min(1.0, _GROWTH / max(step.max(), _GROWTH))
        logits = np.minimum((payoff[:, some] @ mixture - value) / temperature, _NOTHING + _GROWTH)
        logits[some] = near
        if done:
            break
    return logits
