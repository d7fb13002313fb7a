"""What other people's code does to torch's settings ends with it, also where it is the first to import torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.overrides import TorchFunctionMode

from games.kept import kept

FIRST = """
import sys
from games.registry import Registry, Spec
assert "torch" not in sys.modules
made = Registry("thing", {}).find(Spec.parse("loud:Thing"))
import torch
print(torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled(), torch.zeros(1).device)
"""
LOUD = """
import torch
torch.set_default_dtype(torch.float64)
torch.set_default_device("meta")
torch.set_grad_enabled(False)
class Thing: pass
"""


def test_who_is_first_to_import_torch_leaves_it_as_it_comes(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(LOUD)
    done = subprocess.run([sys.executable, "-c", FIRST], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["torch.float32", "cpu", "True", "cpu"]


def test_what_listens_to_every_call_of_torch_is_taken_away() -> None:
    class Spy(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            raise AssertionError("it listens")

    with kept():
        Spy().__enter__()
        with pytest.raises(AssertionError, match="it listens"):
            torch.zeros(1)
    torch.zeros(1)
