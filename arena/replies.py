"""What an agent answered, read: one integer for each row, or it is invalid."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.errors import Faults
from arena import torch_settings
from arena.shown import RulesFault
from games.foreign import foreign
from games.kept import kept


class Invalid(Exception):
    """An answer that is not one integer for each row."""


def read_actions(answer: object, shape: torch.Size, device: torch.device) -> Tensor:
    """An answer as (R,) int64. Tensors, arrays and lists of integers will do; a kind of tensor of its own is a list."""
    try:
        if isinstance(answer, Tensor) and (type(answer) is not Tensor or answer.layout != torch.strided):
            answer = answer.tolist()
        if isinstance(answer, np.ndarray):
            answer = torch.from_numpy(answer)  # three times as quick as `as_tensor`
        if isinstance(answer, Tensor) and answer.device == device:
            actions = answer
        else:
            actions = torch.as_tensor(answer, device=device)
    except (TypeError, ValueError, RuntimeError) as error:
        raise Invalid(f"expected integers, got {type(answer).__name__}") from error
    if actions.dtype.is_floating_point or actions.dtype.is_complex or actions.dtype == torch.bool:
        raise Invalid(f"expected integers, got {actions.dtype}")
    if actions.shape != shape:
        raise Invalid(f"expected shape {tuple(shape)}, got {tuple(actions.shape)}")
    return actions if actions.dtype == torch.int64 else actions.to(torch.int64)


def asked(agent: Agent, seen: Observation, rows: int, device: torch.device) -> Tensor:
    """An agent's actions (R,) for so many rows. Raises `Raised`, `Invalid`, `Faults`, and `RulesFault` where what it looks
    at cannot be made."""
    with foreign(Invalid, Faults, RulesFault), kept():
        if agent.reads_only:
            return read_actions(agent.act(seen), torch.Size((rows,)), device)
        with torch_settings.ordinary():
            return read_actions(agent.act(seen.clone()), torch.Size((rows,)), device)
