"""Which picture encoder an operator asks for, as it is written in the settings."""

from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

BUILT_IN: Final = "mobilenetv2"
# Networks of keras.applications: their own download, or a local file after a colon.
KERAS: Final = ("mobilenetv3", "resnet50")
FILES: Final = (".tflite", ".onnx")
# What a file's network wants to be shown, for a float input; bytes are shown as bytes.
INPUTS: Final = ("unit", "signed", "bytes", "imagenet")
EXPECTED: Final = (
    "expected mobilenetv2, mobilenetv3, resnet50, mobilenetv3:/path/weights.h5, "
    "resnet50:/path/weights.h5, /path/model.tflite or /path/model.onnx; after a file's name "
    "?input=unit, signed, bytes or imagenet"
)


class EncoderChoice(NamedTuple):
    kind: str  # mobilenetv2, mobilenetv3, resnet50, tflite or onnx
    path: Path | None = None  # of the weights or the model
    input: str = "unit"


def parse_choice(text: str) -> EncoderChoice:
    """`resnet50:/path/weights.h5` or `/path/model.onnx?input=imagenet` -> EncoderChoice.

    Raises ValueError with what is expected. Files are looked for when they are needed.
    """
    kind, _, path = text.partition(":")
    if kind in KERAS:
        return EncoderChoice(kind, Path(path) if path else None)
    if text == BUILT_IN:
        return EncoderChoice(BUILT_IN)
    return _file(text)


def _file(text: str) -> EncoderChoice:
    path, _, query = text.partition("?")
    if not path.endswith(FILES):
        raise ValueError(EXPECTED)
    options = dict(parse_qsl(query, keep_blank_values=True))
    shown = options.pop("input", "unit")
    if options or shown not in INPUTS:
        raise ValueError(EXPECTED)
    return EncoderChoice(Path(path).suffix[1:], Path(path), shown)
