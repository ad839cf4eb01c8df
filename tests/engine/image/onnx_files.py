"""Small ONNX models, written by hand: the format is a protobuf, and a few fields suffice.

Field numbers are those of onnx.proto (ModelProto, GraphProto, NodeProto, AttributeProto,
ValueInfoProto, TensorShapeProto).
"""

from pathlib import Path

FLOAT, UINT8 = 1, 2  # TensorProto.DataType
INT, INTS = 2, 7  # AttributeProto.AttributeType


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def varint(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else bytes([value & 0x7F | 0x80]) + varint(value >> 7)


def record(field: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return bytes([field << 3 | 2]) + varint(len(content)) + content


def value(name: str, kind: int, shape: list[int | str]) -> bytes:
    lengths = (record(2, n) if isinstance(n, str) else number(1, n) for n in shape)
    dims = b"".join(record(1, length) for length in lengths)
    return record(1, name) + record(2, record(1, number(1, kind) + record(2, dims)))


def node(op: str, taken: str, given: str, *attributes: bytes) -> bytes:
    return record(1, taken) + record(2, given) + record(4, op) + b"".join(attributes)


def attribute(name: str, *values: int) -> bytes:
    numbers = b"".join(number(8, each) for each in values)
    return record(5, record(1, name) + numbers + number(20, INTS))


def casting(kind: int) -> bytes:
    return record(5, record(1, "to") + number(3, kind) + number(20, INT))


def model(*nodes: bytes, taken: bytes, given: bytes) -> bytes:
    graph = b"".join(record(1, each) for each in nodes)
    graph += record(2, "pictures") + record(11, taken) + record(12, given)
    return number(1, 8) + record(8, record(1, "") + number(2, 13)) + record(7, graph)


def write_tiles(path: Path, *, shape: list[int | str], kind: int = FLOAT) -> Path:
    """A network that tells the brightness of 2 × 2 tiles of each colour: 12 features."""
    pool = node("AveragePool", "floats", "tiles", attribute("kernel_shape", 16, 16))
    pool += attribute("strides", 16, 16)
    path.write_bytes(
        model(
            node("Cast", "picture", "floats", casting(FLOAT)),
            pool,
            node("Flatten", "tiles", "features"),
            taken=value("picture", kind, shape),
            given=value("features", FLOAT, [1, 12]),
        )
    )
    return path


def write_echo(path: Path, *, shape: list[int | str]) -> Path:
    """A network that gives back what it is shown."""
    path.write_bytes(
        model(
            node("Identity", "picture", "features"),
            taken=value("picture", FLOAT, shape),
            given=value("features", FLOAT, shape),
        )
    )
    return path


def write_shuffle(path: Path) -> Path:
    """A network that deals out channels by fours, and so fails on three colours when it runs."""
    path.write_bytes(
        model(
            node("DepthToSpace", "picture", "features", sized(2)),
            taken=value("picture", FLOAT, ["n", 3, "h", "w"]),
            given=value("features", FLOAT, ["n", "c", "a", "b"]),
        )
    )
    return path


def sized(blocksize: int) -> bytes:
    return record(5, record(1, "blocksize") + number(3, blocksize) + number(20, INT))
