"""How an operator names a picture encoder."""

from pathlib import Path

import pytest

from search.engine.image.choice import EncoderChoice, parse_choice


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mobilenetv2", EncoderChoice("mobilenetv2")),
        ("mobilenetv3", EncoderChoice("mobilenetv3")),
        ("resnet50", EncoderChoice("resnet50")),
        ("resnet50:/w/notop.h5", EncoderChoice("resnet50", Path("/w/notop.h5"))),
        ("/m/net.tflite", EncoderChoice("tflite", Path("/m/net.tflite"))),
        ("/m/net.onnx", EncoderChoice("onnx", Path("/m/net.onnx"))),
        (
            "/m/net.onnx?input=imagenet",
            EncoderChoice("onnx", Path("/m/net.onnx"), "imagenet"),
        ),
    ],
)
def test_reads_what_the_manual_names(text, expected):
    assert parse_choice(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "resnet",
        "mobilenetv2:/w/weights.h5",
        "/m/net.pt",
        "/m/net.onnx?input=caffe",
        "/m/net.onnx?scale=2",
        "/m/net.onnx?input",
    ],
)
def test_refuses_anything_else_and_says_what_there_is(text):
    with pytest.raises(ValueError, match=r"expected mobilenetv2, mobilenetv3, resnet50"):
        parse_choice(text)
