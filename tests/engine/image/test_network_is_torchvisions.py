"""The network is torchvision's, layer by layer: a slow and literal forward pass gives the same."""

from collections.abc import Mapping

import numpy as np
import pytest

from search.engine.image import weights

# torchvision.models.mobilenet_v2, inverted_residual_setting: t, c, n, s.
SETTING = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
]
State = Mapping[str, np.ndarray]


def conv2d(x: np.ndarray, kernel: np.ndarray, *, stride: int, padding: int) -> np.ndarray:
    """nn.Conv2d without bias; a kernel (channels, 1, h, w) is depthwise. x : (channels, h, w)."""
    side = (x.shape[1] + 2 * padding - kernel.shape[2]) // stride + 1
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    total = np.zeros((len(kernel), side, side))
    for dy, dx in np.ndindex(kernel.shape[2:]):
        seen = x[:, dy : dy + stride * side : stride, dx : dx + stride * side : stride]
        taps = kernel[:, :, dy, dx]
        total += taps[:, :, None] * seen if kernel.shape[1] == 1 else np.tensordot(taps, seen, 1)
    return total


def batch_norm(x: np.ndarray, state: State, path: str) -> np.ndarray:
    names = ("running_mean", "running_var", "weight", "bias")
    mean, variance, scale, shift = (state[f"{path}.{name}"][:, None, None] for name in names)
    return (x - mean) / np.sqrt(variance + 1e-5) * scale + shift


def relu6(x: np.ndarray) -> np.ndarray:
    return x.clip(0, 6)


def expanded(x: np.ndarray, state: State, path: str) -> np.ndarray:
    """The first ConvBNReLU of a torchvision InvertedResidual."""
    x = conv2d(x, state[f"{path}.0.0.weight"], stride=1, padding=0)
    return relu6(batch_norm(x, state, f"{path}.0.1"))


def inverted_residual(
    x: np.ndarray, state: State, path: str, *, expansion: int, stride: int
) -> np.ndarray:
    """torchvision's InvertedResidual: the last two of `conv` are a plain Conv2d and BatchNorm2d."""
    y, step = x, 0
    if expansion != 1:
        y, step = expanded(y, state, path), 1
    y = conv2d(y, state[f"{path}.{step}.0.weight"], stride=stride, padding=1)
    y = relu6(batch_norm(y, state, f"{path}.{step}.1"))
    y = conv2d(y, state[f"{path}.{step + 1}.weight"], stride=1, padding=0)
    y = batch_norm(y, state, f"{path}.{step + 2}")
    return x + y if stride == 1 and x.shape == y.shape else y


def features(picture: np.ndarray, state: State) -> np.ndarray:
    """(224, 224, 3) in 0..1 -> (1280 + 576,), in double precision."""
    x = (picture - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    x = conv2d(x.transpose(2, 0, 1), state["features.0.0.weight"], stride=2, padding=1)
    x = relu6(batch_norm(x, state, "features.0.1"))
    blocks = [(t, s if i == 0 else 1) for t, _, n, s in SETTING for i in range(n)]
    for number, (expansion, stride) in enumerate(blocks, start=1):
        path = f"features.{number}.conv"
        if number == 14:
            texture = expanded(x, state, path)
        x = inverted_residual(x, state, path, expansion=expansion, stride=stride)
    x = conv2d(x, state["features.18.0.weight"], stride=1, padding=0)
    x = relu6(batch_norm(x, state, "features.18.1"))
    return np.concatenate([maps.mean(axis=(1, 2)) for maps in (x, texture)])


@pytest.mark.parametrize("number", [4, 6])
def test_features_equal_a_literal_forward_pass(litert_network, pictures, number):
    state = weights.load(weights.locate())

    expected = features(pictures[number], state)

    found = litert_network.features(pictures[number : number + 1])[0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)
