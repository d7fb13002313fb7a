"""Draws: how often equals draw, measured from what was folded so far, and how an expected score becomes three chances."""

from __future__ import annotations

from math import sqrt

# Before anything is seen 1 in 10 is a draw, TrueSkill's usual guess; ten games' worth of belief. The bounds keep a game
# that never (or always) draws from making the first exception a miracle.
_PRIOR_DRAWS, _PRIOR_GAMES = 1, 10
_RAREST, _COMMONEST = 0.001, 0.98
_SUREST = 1e-15  # nobody is expected to score less, nor to leave less


def measured(games: float, draws: float) -> float:
    """The chance of a draw after so many games and draws."""
    rate = (draws + _PRIOR_DRAWS) / (games + _PRIOR_GAMES)
    return _RAREST if rate < _RAREST else _COMMONEST if rate > _COMMONEST else rate


def outcomes(score: float, draw: float) -> tuple[float, float, float]:
    """The chances to win, draw and lose of one who expects this score, draws half, where equals draw so often.

    Davidson's odds (JASA 1970), with nu from the draws of equals, and with such a lead that the score is the expected
    one. So a model that speaks of scores alone, and learns from a draw as from half a win, keeps its word.
    """
    score = min(max(score, _SUREST), 1 - _SUREST)
    nu = 2 * draw / (1 - draw)
    lean, rest = nu * (score - 0.5) / 2, 1 - score
    t = lean + sqrt(lean * lean + score * rest)  # t^2 - 2 lean t = score rest; the odds are t/rest : nu : rest/t
    win, even, loss = t * t, nu * t * rest, rest * rest
    whole = win + even + loss
    return win / whole, even / whole, loss / whole
