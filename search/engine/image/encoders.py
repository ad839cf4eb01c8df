"""From what the settings ask for to a folder that holds the encoder, and from there to the encoder.

A space names its folder, so an encoder is found by its space: two can be at work side by side while
one is phased in, whatever the settings say meanwhile.
"""

from pathlib import Path

from search.engine.image import applications, mobilenet, model
from search.engine.image.choice import BUILT_IN, KERAS, EncoderChoice
from search.engine.image.encoder import ColourEncoder
from search.engine.image.mobilenet import MobileNetV2
from search.engine.image.model import ModelNetwork


def ensure(choice: EncoderChoice, artifacts_dir: Path) -> Path:
    """The folder under `artifacts_dir` that holds this encoder, made first where it is missing.

    Raises ArtifactError where it can't be made.
    """
    if choice.kind == BUILT_IN:
        return mobilenet.ensure_converted(artifacts_dir).parent
    if choice.kind in KERAS:
        return applications.ensure_converted(choice, artifacts_dir)
    return model.ensure_kept(choice, artifacts_dir)


def open_folder(folder: Path) -> ColourEncoder:
    """Raises ArtifactError where the folder holds no whole encoder that this release can run."""
    if folder.name == mobilenet.FOLDER:
        # Made anew where it is missing: its weights come with a package, not from a setting.
        return ColourEncoder(MobileNetV2(mobilenet.ensure_converted(folder.parent)))
    return ColourEncoder(ModelNetwork(folder))
