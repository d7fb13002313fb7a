"""Every benchmark runs, in little; nothing is said of the figures, machines are noisy."""

from __future__ import annotations

import pytest
import torch

from arena.bench import BENCHES, WORK, peers
from arena.bench.measure import Bench
from arena.bench.peers import PEERS
from games.errors import BadSpec, MissingExtra

ARGUED = {"workers": "workers(count=1)", "gpu": "gpu(device='cpu')"}


FILED = {"football"}  # a file is wanted


@pytest.mark.parametrize("spec", [*sorted(WORK.keys() - ARGUED.keys() - FILED), *ARGUED.values()])
def test_every_benchmark_yields_figures(spec: str) -> None:
    bench = Bench(quick=True, peers=False)
    figures = list(BENCHES.make(spec, bench))
    assert figures
    for figure in figures:
        assert figure.value >= 0
        assert figure.what
        assert figure.unit
    assert not bench.absent


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device that is missed here")
def test_a_machine_without_a_gpu_is_said() -> None:
    bench = Bench(quick=True)
    assert list(BENCHES.make("gpu", bench)) == []
    assert "no CUDA device" in bench.absent["gpu"]


def test_an_argument_that_no_benchmark_takes_is_refused() -> None:
    with pytest.raises(BadSpec):
        BENCHES.make("ratings(colour=3)", Bench())


@pytest.mark.parametrize(
    "spec",
    [
        "trueskill_updates(count=10)",
        "trueskill_melees(count=2)",
        "openspiel_moves('leduc_poker')",
        "openspiel_bots('tic_tac_toe')",
    ],
)
def test_a_peer_says_how_much_it_did(spec: str) -> None:
    done = PEERS.make(spec)()
    assert all(amount > 0 for amount in done.values())


NEEDED = {"openspiel_moves": "('g')", "openspiel_bots": "('g')", "pgx_moves": "('g')", "pettingzoo_moves": "('g')"}


@pytest.mark.parametrize("name", [name for name in PEERS.names() if not name.startswith("memory_")])  # those are ours
def test_a_peer_whose_package_is_absent_says_the_cure(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(package: str) -> None:
        raise ModuleNotFoundError(package)

    monkeypatch.setattr(peers, "import_module", absent)
    with pytest.raises(MissingExtra, match="is not installed") as missing:
        PEERS.make(name + NEEDED.get(name, ""))
    assert missing.value.hint == "pip install 'arena-league[bench]'"
