"""Writes the legacy format of `torch.save` without torch, for tests of the reader."""

import io
import pickle
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
SYSTEM = {"protocol_version": 1001, "little_endian": True}


class FloatStorage:
    """Stands for torch.FloatStorage: named in the pickle, its numbers after it."""

    def __init__(self, key: str, numbers: np.ndarray) -> None:
        self.key = key
        self.numbers = np.asarray(numbers, dtype="<f4").ravel()


class Tensor:
    """Stands for a view of a storage; pickled as torch pickles one."""

    def __init__(
        self, storage: FloatStorage, shape: tuple[int, ...], *, offset: int = 0, stride: Any = None
    ) -> None:
        if stride is None:
            stride = np.empty(shape, dtype=np.uint8).strides  # of one byte each, so in numbers
        hooks: OrderedDict[str, Any] = OrderedDict()
        self.arguments = (storage, offset, shape, stride, False, hooks)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_tensor_v2, self.arguments


def _rebuild_tensor_v2(*arguments: Any) -> None:
    raise AssertionError("the reader must use its own")


@contextmanager
def _pretend_torch() -> Iterator[None]:
    """Give our stand-ins the names that torch's have, for as long as something is pickled."""
    torch, private = ModuleType("torch"), ModuleType("torch._utils")
    torch.FloatStorage = FloatStorage  # type: ignore[attr-defined]
    private._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]
    before = FloatStorage.__module__
    FloatStorage.__module__, _rebuild_tensor_v2.__module__ = "torch", "torch._utils"
    sys.modules |= {"torch": torch, "torch._utils": private}
    try:
        yield
    finally:
        FloatStorage.__module__ = _rebuild_tensor_v2.__module__ = before
        del sys.modules["torch"], sys.modules["torch._utils"]


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, FloatStorage):
            return ("storage", FloatStorage, obj.key, "cpu", len(obj.numbers), None)
        return None


def dump(value: Any) -> bytes:
    stream = io.BytesIO()
    with _pretend_torch():
        _Pickler(stream, protocol=2).dump(value)
    return stream.getvalue()


def data(storage: FloatStorage) -> bytes:
    return len(storage.numbers).to_bytes(8, "little") + storage.numbers.tobytes()


def save(tensors: Mapping[str, Any], *storages: FloatStorage, **parts: bytes) -> bytes:
    """A file of these tensors; `parts` replaces pickles by name (magic … keys) or adds a `tail`."""
    pickles = {
        "magic": dump(MAGIC),
        "protocol": dump(PROTOCOL),
        "system": dump(SYSTEM),
        "state": dump(OrderedDict(tensors)),
        "keys": dump([storage.key for storage in storages]),
    }
    tail = b"".join(data(storage) for storage in storages)
    return b"".join({**pickles, "tail": tail, **parts}.values())
