"""What the engine's tests share: the picture network, converted once a session."""

from pathlib import Path

import pytest

from search.engine.image import mobilenet


@pytest.fixture(scope="session")
def litert_model(tmp_path_factory) -> Path:
    """The folder of artefacts that holds the converted MobileNetV2."""
    artifacts_dir = tmp_path_factory.mktemp("artifacts")
    mobilenet.ensure_converted(artifacts_dir)
    return artifacts_dir
