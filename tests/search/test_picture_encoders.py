"""Picture encoders side by side: one is phased in while the other serves."""

import numpy as np
import pytest

from catalog.models import Product
from search import builds, embeddings, pipeline, pruning, spaces
from search.engine.errors import ArtifactError, ArtifactIncompatible
from search.engine.image.choice import parse_choice
from search.models import Embedding, Space
from tests.engine.image.onnx_files import write_echo, write_tiles
from tests.shelves import add_picture


@pytest.fixture
def another_encoder(settings, tmp_path):
    """Chooses a small network of 32 × 32 pixels and 12 features."""
    path = write_tiles(tmp_path / "tiles.onnx", shape=[1, 3, 32, 32])

    def choose() -> Space:
        settings.IMAGE_ENCODER = parse_choice(str(path))
        return spaces.picture_space()

    return choose


def vector(product: Product, space: Space) -> np.ndarray:
    stored = Embedding.objects.get(product=product, space=space).vector
    return np.frombuffer(stored, dtype="<f2").astype(np.float32)


def test_a_space_says_what_its_vectors_are_made_of(shelf, encode_all):
    space = spaces.picture_space()

    encode_all()

    assert [part["name"] for part in space.parts] == ["network", "texture", "colours"]
    assert sum(part["dimension"] for part in space.parts) == space.dimension
    assert sum(part["share"] for part in space.parts) == pytest.approx(1)
    edges = np.cumsum([part["dimension"] for part in space.parts])[:-1]
    for stretch in np.split(vector(shelf["mug-red"], space), edges):
        assert np.linalg.norm(stretch) == pytest.approx(1, abs=1e-2)


def test_another_encoder_has_another_space_with_its_own_dimension(db, another_encoder):
    usual = spaces.picture_space()

    other = another_encoder()

    assert (usual.slug == other.slug, usual.pk == other.pk) == (False, False)
    assert other.dimension == 12 + 144
    assert spaces.picture_encoder(other).size == (32, 32)
    assert spaces.picture_encoder(usual).size == (224, 224)


def test_a_changed_picture_is_encoded_for_the_served_build_and_for_the_next_one(
    indexed, shelf, encode_all, another_encoder
):
    served = Space.objects.get(signal="image")
    newer = another_encoder()
    encode_all()
    before = vector(shelf["mug-red"], served)

    add_picture(shelf["mug-red"], color="mediumblue")
    encode_all()

    assert not np.array_equal(vector(shelf["mug-red"], served), before)
    assert vector(shelf["mug-red"], newer).shape == (12 + 144,)


def test_a_build_with_the_other_encoder_serves_and_the_first_one_goes(
    indexed, encode_all, another_encoder, settings
):
    first = Space.objects.get(signal="image")
    newer = another_encoder()
    encode_all()

    for _ in range(pruning.KEPT):
        builds.publish_build(builds.build_index())
    pruning.prune_builds()

    assert not Space.objects.filter(pk=first.pk).exists()
    assert (settings.ARTIFACTS_DIR / newer.artifact).is_dir()


def test_the_folder_of_an_encoder_that_no_space_names_is_deleted(
    indexed, settings, another_encoder
):
    another_encoder()
    stray = settings.ARTIFACTS_DIR / "picture-0123456789ab-onnx-unit"
    stray.mkdir()

    pruning.prune_builds()

    assert not stray.exists()
    assert spaces.picture_encoder(spaces.picture_space()).size == (32, 32)


def test_going_back_to_an_encoder_arrives_at_its_space_again(db, settings, another_encoder):
    first = spaces.picture_space()
    other = another_encoder()

    settings.IMAGE_ENCODER = parse_choice("mobilenetv2")
    again = spaces.picture_space()

    assert again == first != other
    assert first in Space.objects.newest_of_each_signal()


def test_a_space_whose_encoder_this_release_does_not_have_is_refused(db):
    space = spaces.picture_space()
    space.slug = "picture/mnv2@b03531+1"
    space.save()

    with pytest.raises(ArtifactIncompatible, match=r"picture/mnv2@b03531\+1.*manage\.py reindex"):
        spaces.picture_encoder(space)


def test_nothing_is_encoded_any_more_in_a_space_that_kept_no_encoder(shelf, encode_all):
    old = Space.objects.create(slug="picture/mnv2@b03531", signal="image", dimension=1280)
    pipeline.fit_models()

    encode_all()

    assert old not in Space.objects.wanted()
    assert not Embedding.objects.filter(space=old).exists()


def test_a_lost_folder_stops_pictures_and_not_words(shelf, settings, tmp_path):
    folder = tmp_path / "net.onnx"
    settings.IMAGE_ENCODER = parse_choice(str(write_echo(folder, shape=[1, 8, 8, 3])))
    pipeline.fit_models()
    Space.objects.filter(signal="image").update(artifact="picture-gone")

    with pytest.raises(ArtifactError, match="picture-gone"):
        embeddings.refresh(product_ids=[product.pk for product in shelf.values()])

    assert Embedding.objects.filter(space__signal="text").count() == len(shelf)
    assert not Embedding.objects.filter(space__signal="image").exists()
