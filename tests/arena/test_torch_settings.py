"""Torch's global settings: kept from whoever plays, fixed while something is computed, and the caller's own in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import pytest
import torch

from arena import torch_settings
from games.kept import kept

Settings = tuple[int, torch.dtype, bool, torch.device]


def settings() -> Settings:
    return torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_default_device()


@pytest.fixture(autouse=True)
def ours() -> Iterator[Settings]:
    before = settings()
    yield before
    torch.set_num_threads(before[0])
    torch.set_default_dtype(before[1])
    torch.set_grad_enabled(before[2])
    torch.set_default_device(None)


@pytest.mark.parametrize("context", [kept, torch_settings.fixed])
def test_whatever_is_done_inside_ends_with_it(context: Callable[[], AbstractContextManager[None]], ours: Settings) -> None:
    def meddle() -> None:
        torch.set_num_threads(ours[0] + 1)
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(not ours[2])
        torch.set_default_device("meta")
        raise LookupError

    with pytest.raises(LookupError), context():
        meddle()
    assert settings() == ours


@pytest.mark.parametrize("default", [None, "cpu", "meta"])
@pytest.mark.parametrize("around", [None, "meta"])
def test_inside_nobody_elses_device_is_the_default(default: str | None, around: str | None) -> None:
    def taste() -> None:
        with kept():
            torch.set_default_device("meta")

    torch.set_default_device(default)
    before = torch.get_default_device()
    with torch.device(around) if around else nullcontext():
        with torch_settings.fixed():
            assert torch.zeros(1).device.type == "cpu"
            if not around:
                taste()
            assert torch.zeros(1).device.type == "cpu"
        assert torch.zeros(1).device.type == around or (around is None and torch.zeros(1).device == before)
    assert torch.get_default_device() == before


def test_settings_are_fixed_for_a_function_that_calls_itself(ours: Settings) -> None:
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")

    @torch_settings.fixed()
    def deep(times: int) -> list[Settings]:
        return [settings(), *(deep(times - 1) if times else [])]

    assert {(*one[:2], one[3]) for one in deep(3)} == {(1, torch.float32, torch.device("cpu"))}
    assert (torch.get_default_dtype(), torch.get_default_device()) == (torch.float64, torch.device("meta"))
