"""Counter-based chance: a pure function of (seed, step, slot), the same on every device and in every batch.

No generator lives in a state, so *seed + actions = the game*. The hash is splitmix64's finaliser (Steele, Lea, Flood 2014)
applied once per coordinate, in wrapping int64 arithmetic; `derive` is the same function on plain Python integers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import torch
from torch import Tensor

_WORD = (1 << 64) - 1
_GOLDEN, _M1, _M2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_POSITIVE = (1 << 63) - 1


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word


_STEP = _signed(_GOLDEN)
_ROUNDS = tuple((shift, _WORD >> shift, _signed(factor)) for shift, factor in ((30, _M1), (27, _M2)))


def derive(seed: int, *path: int) -> int:
    """A new seed (0 <= seed < 2**63) for what lies at `path` below `seed`: season -> match -> seat."""
    word = seed & _WORD
    for part in path:
        word = _mix_int((word ^ _mixed_part(part)) & _WORD)
    return word & _POSITIVE


def bits(seed: Tensor, *path: int | Tensor) -> Tensor:
    """`derive` for tensors: 63 random bits, a non-negative int64 for each element of `seed`; `path` broadcasts."""
    return _below(seed, path, _mix) & _POSITIVE


def uniform(seed: Tensor, *path: int | Tensor) -> Tensor:
    """Float32 in the open interval (0, 1), at `path` (step, or step and slot) below each seed.

    23 bits and a half: never 0, never 1, exact on every device.
    """
    highest = (_below(seed, path, _stir) >> 40).bitwise_and_(_POSITIVE >> 40)  # of `bits`: they need no more than stirring
    return highest.to(torch.float32).add_(0.5).mul_(2.0**-23)


def permutation(seed: Tensor, step: int | Tensor, size: int) -> Tensor:
    """A random order of 0..size-1 for each seed, (..., size) int64: a shuffled deck."""
    slots = torch.arange(size, device=seed.device)
    step = step.unsqueeze(-1) if isinstance(step, Tensor) else step
    return bits(seed.unsqueeze(-1), step, slots).argsort(dim=-1, stable=True)


def _below(seed: Tensor, path: Sequence[int | Tensor], last: Callable[[Tensor], Tensor]) -> Tensor:
    """The words at `path` below each seed, the last step by `last`."""
    word = seed
    for place, part in enumerate(path, 1):
        mix = last if place == len(path) else _mix
        word = mix(word ^ (_mix_int(part & _WORD, signed=True) if isinstance(part, int) else _mixed(part, among=word)))
    return word


def _mix(word: Tensor) -> Tensor:
    word = _stir(word)
    word ^= (word >> 31).bitwise_and_(_WORD >> 31)  # moves the highest bits, and so leaves them as they are
    return word


def _stir(word: Tensor) -> Tensor:
    """All of `_mix` that the highest 31 bits depend on."""
    word = word + _STEP
    for shift, mask, factor in _ROUNDS:
        word ^= (word >> shift).bitwise_and_(mask)  # shifts of tensors bring in the sign
        word *= factor
    return word


def _mixed(part: Tensor, *, among: Tensor) -> int | Tensor:
    """`_mix` of a part of the path. Small numbers, such as steps, are looked up, and one that all words `among` which it
    stands share, as boards that began together do, is mixed once."""
    if part.device.type != "cpu" or not part.numel():
        return _mix(part)
    if part.numel() < _FEW:
        try:
            return _looked_up(part)
        except IndexError:  # it is not small
            return _mix(part)
    low, high = map(int, part.aminmax())
    if low == high and part.shape == among.shape:
        return _mix_int(low & _WORD, signed=True)
    return _mix(part) if low < 0 or high >= _SMALL else _looked_up(part)


def _looked_up(part: Tensor) -> Tensor:
    if part.dim() == 1:
        return _small_mixed().index_select(0, part)
    return _small_mixed().index_select(0, part.reshape(-1)).view(part.shape)


_FEW = 1024  # numbers: whether they are all the same is not worth a look
_SMALL = 1024


@lru_cache(maxsize=1)
def _small_mixed() -> Tensor:
    with torch.inference_mode(False):
        return _mix(torch.arange(_SMALL))


@lru_cache(maxsize=1024)
def _mixed_part(part: int) -> int:
    """Paths are made of small numbers that come again and again."""
    return _mix_int(part & _WORD)


def _mix_int(word: int, *, signed: bool = False) -> int:
    word = (word + _GOLDEN) & _WORD
    word = ((word ^ (word >> 30)) * _M1) & _WORD
    word = ((word ^ (word >> 27)) * _M2) & _WORD
    word ^= word >> 31
    return _signed(word) if signed else word
