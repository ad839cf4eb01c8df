"""The features that the Keras network gives, for tests that compare; runs as its own process.

python -m tests.engine.image.keras_features PICTURES.npy FEATURES.npy
"""

import sys
from pathlib import Path

import numpy as np

from search.engine.image import network, weights


def main(pictures: Path, features: Path) -> None:
    model = network.build_network(weights.load(weights.locate()))
    np.save(features, np.asarray(model(np.load(pictures))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
