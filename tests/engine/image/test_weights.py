"""The weights file is read without torch, and nothing that stands in it is ever run."""

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine.errors import ArtifactCorrupt, ArtifactError
from search.engine.image import weights
from tests.engine.image import torch_files
from tests.engine.image.torch_files import FloatStorage, Tensor, dump, save

STORAGE = FloatStorage("12", np.arange(12))
GOOD = save({"a": Tensor(STORAGE, (3, 4))}, STORAGE)


class Reduced:
    """Pickles as a call, as hostile files do."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_reads_the_published_file():
    state = weights.load(weights.locate())

    assert len(state) == 314
    assert state["features.0.0.weight"].shape == (32, 3, 3, 3)
    assert state["classifier.1.weight"].shape == (1000, 1280)
    assert state["features.0.1.num_batches_tracked"].dtype == np.int64
    assert all(np.isfinite(array).all() for array in state.values())


def test_tensors_may_share_a_storage_and_start_inside_it():
    content = save(
        {"all": Tensor(STORAGE, (3, 4)), "last": Tensor(STORAGE, (2,), offset=10)}, STORAGE
    )

    state = weights.read_state_dict(content)

    np.testing.assert_array_equal(state["all"], np.arange(12).reshape(3, 4))
    np.testing.assert_array_equal(state["last"], [10, 11])


def test_scalars_and_several_storages_keep_their_names_and_order():
    one, other = FloatStorage("1", np.array([5.0])), FloatStorage("0", np.arange(4))
    content = save({"z": Tensor(one, ()), "a": Tensor(other, (2, 2))}, one, other)

    state = weights.read_state_dict(content)

    assert list(state) == ["z", "a"]
    assert state["z"] == 5
    assert state["a"].tolist() == [[0, 1], [2, 3]]


def test_what_was_read_cannot_be_written_to():
    array = weights.read_state_dict(GOOD)["a"]

    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


@pytest.mark.parametrize("part", ["magic", "protocol", "system", "state", "keys"])
def test_refuses_to_call_anything_in_any_of_its_pickles(part, tmp_path):
    target = tmp_path / "written by the file"
    hostile = pickle.dumps(Reduced(Path.touch, target), protocol=2)

    with pytest.raises(ArtifactCorrupt, match="is not allowed"):
        weights.read_state_dict(save({"a": Tensor(STORAGE, (3, 4))}, STORAGE, **{part: hostile}))

    assert not target.exists()


@pytest.mark.parametrize(
    "name",
    [
        "builtins\neval",
        "builtins\ngetattr",
        "os\nsystem",
        "collections\ndeque",
        "collections\nOrderedDict.update",
        "torch\nload",
        "torch\nStorage",
        "torch._utils\n_rebuild_tensor",
        "numpy\nFloatStorage",
    ],
)
def test_refuses_every_name_but_the_three_kinds(name):
    hostile = b"\x80\x04c" + name.encode() + b"\n."

    with pytest.raises(ArtifactCorrupt, match="is not allowed"):
        weights.read_state_dict(hostile + GOOD)


def test_attributes_that_a_file_sets_do_not_outlast_it():
    sets_attributes = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x04\x00\x00\x00leftK\x01sb."

    with pytest.raises(ArtifactCorrupt):
        weights.read_state_dict(sets_attributes + GOOD)

    assert not hasattr(weights._tensor, "left")
    assert weights.read_state_dict(GOOD)


def test_a_changed_file_is_refused_before_it_is_read(tmp_path):
    path = Path(shutil.copy(weights.locate(), tmp_path / "weights.pth"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    with pytest.raises(ArtifactCorrupt, match=r"SHA-256 differs.*requirements-weights\.txt"):
        weights.load(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ArtifactError, match=r"absent\.pth: not readable"):
        weights.load(tmp_path / "absent.pth")


def mangled() -> dict[str, bytes]:
    state = {"a": Tensor(STORAGE, (3, 4))}
    longer = FloatStorage("12", np.arange(13))
    views = {
        "transposed": Tensor(STORAGE, (3, 4), stride=(1, 3)),
        "before the start": Tensor(STORAGE, (3, 4), offset=-1),
        "past the end": Tensor(STORAGE, (3, 4), offset=1),
        "negative side": Tensor(STORAGE, (-1, 4), stride=(4, 1)),
    }
    files = {name: save({"a": view}, STORAGE) for name, view in views.items()}
    return {
        **files,
        "empty": b"",
        "zip": b"PK\x03\x04" + b"\0" * 50,
        "text": b"<html>404 Not Found</html>",
        "cut": GOOD[:-1],
        "tail": GOOD + b"\0",
        "another magic": save(state, STORAGE, magic=dump(1)),
        "another protocol": save(state, STORAGE, protocol=dump(1002)),
        "big endian": save(state, STORAGE, system=dump({"little_endian": False})),
        "system facts of no kind": save(state, STORAGE, system=dump(7)),
        "a list of tensors": save(state, STORAGE, state=dump([Tensor(STORAGE, (3, 4))])),
        "numbers for tensors": save({"a": 1}, STORAGE),
        "numbers for names": save({1: Tensor(STORAGE, (3, 4))}, STORAGE),  # type: ignore[dict-item]
        "keys of no kind": save(state, STORAGE, keys=dump("12")),
        "another key": save(state, STORAGE, keys=dump(["13"])),
        "no key": save(state, STORAGE, keys=dump([])),
        "another length": save(state, STORAGE, tail=torch_files.data(longer)),
        "no storage": save({"a": Reduced(torch_files._rebuild_tensor_v2, 1, 0, (), ())}, STORAGE),
    }


@pytest.mark.parametrize("content", mangled().values(), ids=mangled().keys())
def test_refuses_what_is_not_such_a_file(content):
    with pytest.raises(ArtifactCorrupt, match="not a legacy torch state dict"):
        weights.read_state_dict(content)


@given(st.data())
def test_no_damage_raises_anything_else(data):
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(GOOD) - 1))] = data.draw(st.integers(0, 255))

    try:
        state = weights.read_state_dict(bytes(content))
    except ArtifactCorrupt:
        return

    assert all(isinstance(array, np.ndarray) for array in state.values())


@pytest.mark.parametrize("number", [65_621_363, 1_146_446_949, 2**32 - 1])
def test_a_memo_that_would_fill_the_memory_is_refused(number):
    hostile = b"\x80\x02K\x01r" + number.to_bytes(4, "little") + b"."

    with pytest.raises(ArtifactCorrupt, match="a memo of impossible size"):
        weights.read_state_dict(save({}, magic=hostile))
