"""Weights from anywhere: what was packed comes back, and whatever else comes raises BadWeights and nothing worse."""

import json
import time
from contextlib import suppress
from hashlib import sha256

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.errors import BadWeights
from agents.weights import MAX_HEADER, check, pack, unpack

WEIGHTS = {"b": torch.arange(3.0), "a": torch.eye(2), "count": torch.tensor(7), "flags": torch.tensor([True, False])}


def file(header: object, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def entry(dtype: str = "F32", shape: object = (1,), offsets: object = (0, 4)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def test_what_was_packed_comes_back():
    back = unpack(pack(WEIGHTS), WEIGHTS)
    assert back.keys() == WEIGHTS.keys()
    assert all(torch.equal(back[name], WEIGHTS[name]) for name in WEIGHTS)
    assert all(back[name].dtype == WEIGHTS[name].dtype for name in WEIGHTS)


def test_the_order_of_names_does_not_change_the_bytes():
    turned = dict(reversed(WEIGHTS.items()))
    assert sha256(pack(WEIGHTS)).digest() == sha256(pack(turned)).digest()
    assert pack(WEIGHTS) != pack({**WEIGHTS, "b": torch.arange(3.0) + 1})


def test_shared_and_transposed_tensors_are_packed_by_value():
    one = torch.arange(6.0).view(2, 3)
    back = unpack(pack({"x": one, "y": one.T, "z": one[0]}))
    assert torch.equal(back["y"], one.T)
    assert torch.equal(back["z"], one[0])


@pytest.mark.parametrize(
    "dtype", [torch.float64, torch.float16, torch.bfloat16, torch.int32, torch.int16, torch.int8, torch.uint8]
)
def test_every_dtype_comes_back(dtype):
    assert unpack(pack({"x": torch.ones(2, dtype=dtype)}))["x"].dtype == dtype


def test_an_empty_tensor_and_no_tensor_at_all_come_back():
    assert unpack(pack({"x": torch.zeros(0, 84)}))["x"].shape == (0, 84)
    assert unpack(pack({})) == {}


@pytest.mark.parametrize("end", [0, 4, 8, 40, -1])
def test_truncated_bytes_are_refused(end):
    with pytest.raises(BadWeights, match="truncated"):
        unpack(pack(WEIGHTS)[:end])


@pytest.mark.parametrize("foreign", [b"PK\x03\x04" + bytes(100), b"\x80\x04}\x94.", b"not weights at all", bytes(64)])
def test_foreign_bytes_are_refused(foreign):
    with pytest.raises(BadWeights):
        unpack(foreign)


def test_a_longer_file_than_its_tensors_is_refused():
    with pytest.raises(BadWeights, match="too long"):
        unpack(pack(WEIGHTS) + b"\0")


def test_a_huge_header_is_refused_before_it_costs_anything():
    huge = file({f"t{i}": entry(shape=[0], offsets=[0, 0]) for i in range(100_000)})
    begun = time.perf_counter()
    with pytest.raises(BadWeights, match=f"at most {MAX_HEADER} bytes"):
        unpack(huge)
    assert time.perf_counter() - begun < 0.1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_not_finite_are_refused(value):
    bad = pack({"w": torch.tensor([1.0, value])})
    with pytest.raises(BadWeights, match="'w' must be finite"):
        unpack(bad)
    with pytest.raises(BadWeights, match="finite"):
        unpack(bad, {"w": torch.zeros(2)})


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"a": torch.zeros(2)}, "lack tensor 'b'"),
        ({"a": torch.zeros(2), "b": torch.zeros(1), "c": torch.zeros(1)}, "'c' that this agent does not have"),
        ({"a": torch.zeros(3), "b": torch.zeros(1)}, r"'a' has another shape: expected \(2,\), got \(3,\)"),
        (
            {"a": torch.zeros(2).double(), "b": torch.zeros(1)},
            "'a' has another dtype: expected torch.float32, got torch.float64",
        ),
    ],
)
def test_another_networks_weights_are_refused(weights, said):
    like = {"a": torch.zeros(2), "b": torch.zeros(1)}
    with pytest.raises(BadWeights, match=said):
        unpack(pack(weights), like)
    with pytest.raises(BadWeights, match=said):
        check(weights, like)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (file(b"{"), "not JSON"),
        (file(b"[" * 100_000), "not JSON"),
        (file(b"9" * 10_000), "not JSON"),
        (file([1]), "must name tensors"),
        (file({"x": 1}), "must have dtype"),
        (file({"x": entry("F4")}, bytes(4)), "dtype of tensor"),
        (file({"x": entry(shape=[-1])}, bytes(4)), "shape of tensor"),
        (file({"x": entry(shape=[2**62, 2**62, 0], offsets=[0, 0])}), "shape of tensor"),
        (file({"x": entry(shape=[2])}, bytes(4)), "8 bytes apart"),
        (file({"x": entry(), "y": entry()}, bytes(4)), "without gap or overlap"),
        (file({"x": entry(offsets=[4, 8])}, bytes(8)), "without gap or overlap"),
        (file(b'{"x":' + json.dumps(entry()).encode() + b',"x":' + json.dumps(entry()).encode() + b"}", bytes(4)), "twice"),
        (file({"x": entry("BOOL", offsets=[0, 1])}, b"\x07"), "true or false"),
    ],
)
def test_a_header_that_lies_is_refused(bad, said):
    with pytest.raises(BadWeights, match=said):
        unpack(bad)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_worse(data):
    with pytest.raises(BadWeights):
        unpack(data)


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 400), bits=st.integers(1, 255))
def test_no_flipped_bits_raise_anything_worse(place, bits):
    data = bytearray(pack(WEIGHTS))
    data[place % len(data)] ^= bits
    with suppress(BadWeights):
        unpack(bytes(data), WEIGHTS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(["F32", "BOOL", "I64"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["dtype", "shape", "data_offsets"]), inner, max_size=3)
    ),
    max_leaves=6,
)
SIZES = st.lists(st.integers(-1, 3) | st.just(2**63), max_size=3)
ENTRY = st.fixed_dictionaries(
    {"dtype": st.sampled_from(["F32", "BOOL", "I64", "F8_E4M3"]), "shape": SIZES, "data_offsets": SIZES}
)


@settings(max_examples=300, deadline=None)
@given(
    header=st.dictionaries(st.sampled_from(["a", "b", "__metadata__"]), ENTRY | JSON, max_size=3),
    body=st.binary(max_size=32),
)
def test_no_header_raises_anything_worse(header, body):
    with suppress(BadWeights):
        unpack(file(header, body))
