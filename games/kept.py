"""Torch's global settings, around other people's code: whatever it does to them ends with it. Imports no torch itself."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any


class kept:  # noqa: N801, a class since it is entered with every move; written as contextlib's are
    """Default dtype and device, gradients and the number of threads are afterwards what they were before, or where torch
    was imported inside what it starts with: one author's taste must not reach his neighbours."""

    def __enter__(self) -> None:
        torch: Any = sys.modules.get("torch")
        self._known = torch is not None
        if self._known:
            self._threads, self._dtype, self._grad = (
                torch.get_num_threads(),
                torch.get_default_dtype(),
                torch.is_grad_enabled(),
            )
            self._modes = torch._C._len_torch_function_stack()  # a default device is such a mode; to ask for it takes long

    def __exit__(self, *raised: object) -> None:
        torch: Any = sys.modules.get("torch")
        if torch is None:
            return
        if not self._known:
            self._threads, self._dtype, self._grad, self._modes = torch.get_num_threads(), torch.float32, True, 0
        if torch._C._len_torch_function_stack() > self._modes:
            with suppress(AssertionError):  # of torch's, where such modes are nested
                torch.set_default_device(None)  # first: what listens to all calls would hear the next
            while torch._C._len_torch_function_stack() > self._modes:
                torch._C._pop_torch_function_stack()
        torch.set_grad_enabled(self._grad)
        if torch.get_default_dtype() != self._dtype:
            torch.set_default_dtype(self._dtype)
        if torch.get_num_threads() != self._threads:
            torch.set_num_threads(self._threads)
