"""Chance: a pure function of seed, step and slot, and as good as random."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from games import chance
from games.chance import bits, derive, permutation, uniform

WORDS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
SEEDS = torch.arange(50_000)
GOLDEN = [2812178212566171247, 6948438787131953797, 5017812648048924978]


def chi_square(counts: Tensor) -> float:
    expected = counts.sum() / len(counts)
    return ((counts - expected) ** 2 / expected).sum().item()


@settings(max_examples=200, deadline=None)
@given(seed=WORDS, path=st.lists(WORDS, max_size=3))
def test_derive_is_bits_on_plain_integers(seed: int, path: list[int]):
    assert derive(seed, *path) == int(bits(torch.tensor(seed), *path))


@settings(max_examples=50, deadline=None)
@given(seed=WORDS, part=WORDS)
def test_a_path_may_be_a_tensor(seed: int, part: int):
    assert int(bits(torch.tensor(seed), torch.tensor(part))) == derive(seed, part)


def test_derived_seeds_are_not_negative_and_do_not_repeat():
    derived = bits(SEEDS, 7)
    assert derived.min() >= 0
    assert len(derived.unique()) == len(SEEDS)


def test_the_numbers_never_change():
    # Tapes are replayed years later: these are the very numbers of version 1.
    assert [derive(0, 0), derive(1, 2), derive(2**40, 3, 4)] == GOLDEN


def test_uniform_is_the_same_in_every_batch():
    whole = uniform(SEEDS, 5, 3)
    assert torch.equal(whole[100:200], uniform(SEEDS[100:200], 5, 3))
    assert whole[17] == uniform(SEEDS[17], torch.tensor(5), torch.tensor(3))


@pytest.mark.parametrize("word", [0, 2**63 - 1, -1])
def test_uniform_leaves_out_zero_and_one(word: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("games.chance._below", lambda *_: torch.tensor([word]))
    assert 0.0 < uniform(torch.tensor([0]), 0).item() < 1.0


PARTS = st.one_of(st.integers(min_value=0, max_value=1100), WORDS)  # steps are looked up, others are mixed


@settings(max_examples=200, deadline=None)
@given(seeds=st.lists(WORDS, min_size=1, max_size=3), path=st.lists(PARTS, max_size=3), wrap=st.booleans(), data=st.data())
def test_uniform_is_the_highest_bits(seeds: list[int], path: list[int], wrap: bool, data: st.DataObject):
    steps = [torch.tensor(data.draw(st.lists(PARTS, min_size=len(seeds), max_size=len(seeds))))] if wrap else []
    parts = [*path, *steps]
    expected = ((bits(torch.tensor(seeds), *parts) >> 40).double() + 0.5) * 2.0**-23
    assert torch.equal(uniform(torch.tensor(seeds), *parts).double(), expected)


def test_uniform_never_changes():
    drawn = [uniform(torch.tensor(seed), *path) for seed, *path in ((0, 0), (1, 2), (2**40, 3, 4))]
    assert [float(one) * 2**24 for one in drawn] == [2 * (golden >> 40) + 1 for golden in GOLDEN]


@pytest.mark.parametrize("along", ["seeds", "steps", "slots"])
def test_uniform_looks_uniform_along_every_coordinate(along: str):
    one = torch.tensor(12345)
    drawn = {"seeds": uniform(SEEDS, 1, 0), "steps": uniform(one, SEEDS, 0), "slots": uniform(one, 0, SEEDS)}[along]
    counts = torch.bincount((drawn * 100).long(), minlength=100).float()
    assert 50 < chi_square(counts) < 160  # 99 degrees of freedom, about five standard deviations up
    pairs = torch.stack([drawn[:-1], drawn[1:]])
    assert abs(torch.corrcoef(pairs)[0, 1]) < 0.025


def test_neighbouring_steps_and_slots_are_unrelated():
    draws = torch.stack([uniform(SEEDS, step, slot) for step in (0, 1) for slot in (0, 1)])
    assert (torch.corrcoef(draws) - torch.eye(4)).abs().max() < 0.025


def test_every_bit_is_as_often_one_as_zero():
    shares = torch.stack([(bits(SEEDS, 1) >> place & 1).float().mean() for place in range(63)])
    assert (shares - 0.5).abs().max() < 0.012


def test_a_remainder_of_bits_is_a_fair_die():
    dice = bits(SEEDS, 0, 0) % 6
    assert dice.unique().tolist() == [0, 1, 2, 3, 4, 5]
    assert chi_square(torch.bincount(dice).float()) < 30


def test_a_permutation_is_one():
    shuffled = permutation(SEEDS[:1000], 3, 52)
    assert torch.equal(shuffled.sort(1).values, torch.arange(52).expand(1000, -1))


def test_every_order_is_equally_likely():
    orders = permutation(SEEDS[:24_000], torch.zeros_like(SEEDS[:24_000]), 4)
    places = (orders * torch.tensor([64, 16, 4, 1])).sum(1)
    _, counts = places.unique(return_counts=True)
    assert len(counts) == 24
    assert chi_square(counts.float()) < 60  # 23 degrees of freedom


def test_what_need_not_be_mixed_for_each_word_is_not_and_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds, alike = torch.arange(100, 200), torch.full((100,), 7)
    small = alike.index_fill(0, torch.tensor([3]), 1023)
    parts = {"alike": (alike, 2), "small": (small, 2), "large": (small + 1, 3), "negative": (small - 8, 3)}
    chance.bits(seeds, small)  # so that what is looked up is there
    mix, mixed = chance._mix, list[Tensor]()
    monkeypatch.setattr(chance, "_mix", lambda word: mixed.append(word) or mix(word))
    for name, (part, times) in parts.items():
        mixed.clear()
        told = chance.bits(seeds, part, -1)
        assert len(mixed) == times, name  # the words after each part, and the part itself where it has to be
        assert told.tolist() == [
            chance.derive(seed, step, -1) for seed, step in zip(seeds.tolist(), part.tolist(), strict=True)
        ]
    square = chance.bits(seeds[:, None], small[None, :2])
    assert square[5].tolist() == [chance.derive(105, 7)] * 2
    assert chance.bits(seeds[:1], torch.tensor([4, 4])).shape == (2,)  # a part that makes more of a word stays a tensor
    assert chance.bits(seeds[:0], alike[:0]).shape == (0,)
