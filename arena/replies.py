"""What an agent answered, read: one integer for each row, or it is invalid."""

from __future__ import annotations

import torch
from torch import Tensor


class Invalid(Exception):
    """An answer that is not one integer for each row."""


def read_actions(answer: object, shape: torch.Size, device: torch.device) -> Tensor:
    """An answer as (R,) int64. Tensors, arrays and lists of integers will do; a kind of tensor of its own is a list."""
    try:
        if isinstance(answer, Tensor) and (type(answer) is not Tensor or answer.layout != torch.strided):
            answer = answer.tolist()
        actions = torch.as_tensor(answer, device=device)
    except (TypeError, ValueError, RuntimeError) as error:
        raise Invalid(f"expected integers, got {type(answer).__name__}") from error
    if actions.dtype.is_floating_point or actions.dtype.is_complex or actions.dtype == torch.bool:
        raise Invalid(f"expected integers, got {actions.dtype}")
    if actions.shape != shape:
        raise Invalid(f"expected shape {tuple(shape)}, got {tuple(actions.shape)}")
    return actions.to(torch.int64)
