"""Weights as bytes: safetensors, named by what they contain, and read only after their header has been judged.

A checkpoint may come from anywhere, so nothing in it is believed: the header is bounded and checked here before the
library sees it (27 MB of empty tensors would hold it for ten seconds), then names, shapes, dtypes and finiteness.
No bytes whatever raise anything but `BadWeights`, and none can run code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from agents.core import Weights
from agents.errors import BadWeights

MAX_HEADER = 256 * 1024  # bytes; some 2500 tensors
MAX_ELEMENTS = 1 << 40  # of one tensor, its empty dimensions counted as 1; above, strides may overflow

_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


def pack(weights: Weights) -> bytes:
    """The same tensors give the same bytes, in whatever order they are named, so a hash of them is a name."""
    return save({name: weights[name].detach().cpu().clone().contiguous() for name in sorted(weights)})


def unpack(data: bytes, like: Weights | None = None) -> dict[str, Tensor]:
    """What `pack` was given, on the CPU. With `like`, names, shapes and dtypes must be its own; values always finite.

    Raises `BadWeights` for anything else.
    """
    entries = _header(data)
    if like is not None:
        _compare({name: (shape, dtype) for name, (shape, dtype, _) in entries.items()}, like)
    try:
        weights = load(data)
    except (SafetensorError, ValueError, RuntimeError, OverflowError, TypeError) as error:
        raise BadWeights(f"weights cannot be read: {error}") from None
    _require_values(weights)
    return weights


def check(weights: Weights, like: Weights) -> None:
    """Raises `BadWeights` unless names, shapes and dtypes are those of `like` and every value is finite."""
    _compare({name: (tuple(tensor.shape), tensor.dtype) for name, tensor in weights.items()}, like)
    _require_values(weights)


def select(weights: Weights, prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix` and a dot, without them."""
    return {name.removeprefix(f"{prefix}."): weights[name] for name in weights if name.startswith(f"{prefix}.")}


def prefixed(prefix: str, weights: Weights) -> dict[str, Tensor]:
    """The same tensors, their names behind `prefix` and a dot."""
    return {f"{prefix}.{name}": tensor for name, tensor in weights.items()}


Entry = tuple[tuple[int, ...], torch.dtype, tuple[int, int]]  # shape, dtype, where its bytes begin and end


def _header(data: bytes) -> dict[str, Entry]:
    """Reads and judges the header: 8 bytes of length, JSON, then the tensors' bytes without gap or overlap."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise BadWeights(f"weights are truncated or foreign: expected {8 + length} bytes or more, got {len(data)}")
    if length > MAX_HEADER:
        raise BadWeights(f"the header of weights must be at most {MAX_HEADER} bytes, got {length}")
    try:
        header = json.loads(data[8 : 8 + length].decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise BadWeights(f"the header of weights is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise BadWeights(f"the header of weights must name tensors, got {type(header).__name__}")
    entries = {name: _entry(name, header[name]) for name in header if name != "__metadata__"}
    end = 0
    for begin, stop in sorted(place for _, _, place in entries.values()):
        if begin != end:
            raise BadWeights(f"tensors must follow each other without gap or overlap: expected offset {end}, got {begin}")
        end = stop
    if end != len(data) - 8 - length:
        raise BadWeights(
            f"weights are truncated or too long: expected {end} bytes of tensors, got {len(data) - 8 - length}"
        )
    return entries


def _entry(name: str, entry: Any) -> Entry:
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise BadWeights(f"tensor {name!r} must have dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise BadWeights(f"the dtype of tensor {name!r} must be one of {', '.join(_DTYPES)}, got {_brief(dtype)}")
    if not _naturals(shape) or prod(max(size, 1) for size in shape) > MAX_ELEMENTS:
        raise BadWeights(f"the shape of tensor {name!r} must be sizes within {MAX_ELEMENTS} elements, got {_brief(shape)}")
    size = prod(shape) * _DTYPES[dtype].itemsize
    if not _naturals(offsets) or len(offsets) != 2 or offsets[1] - offsets[0] != size:
        raise BadWeights(f"tensor {name!r} needs data_offsets {size} bytes apart, got {_brief(offsets)}")
    return tuple(shape), _DTYPES[dtype], (offsets[0], offsets[1])


def _compare(got: Mapping[str, tuple[tuple[int, ...], torch.dtype]], like: Weights) -> None:
    if missing := sorted(like.keys() - got.keys()):
        raise BadWeights(f"weights lack tensor {missing[0]!r}: expected {len(like)} tensors, got {len(got)}")
    if foreign := sorted(got.keys() - like.keys()):
        raise BadWeights(f"weights hold a tensor {_brief(foreign[0])} that this agent does not have")
    for name, tensor in like.items():
        shape, dtype = got[name]
        if shape != tuple(tensor.shape):
            raise BadWeights(f"tensor {name!r} has another shape: expected {tuple(tensor.shape)}, got {shape}")
        if dtype != tensor.dtype:
            raise BadWeights(f"tensor {name!r} has another dtype: expected {tensor.dtype}, got {dtype}")


def _require_values(weights: Weights) -> None:
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise BadWeights(f"every value of tensor {name!r} must be finite")
        if tensor.dtype == torch.bool and bool((tensor.view(torch.uint8) > 1).any()):
            raise BadWeights(f"every value of tensor {name!r} must be true or false")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _naturals(values: Any) -> bool:
    return isinstance(values, list) and len(values) <= 8 and all(type(value) is int and value >= 0 for value in values)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
