"""Photos are told apart from a catalogue's pictures, and compared as photos."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from search.engine.image import photos
from search.engine.projection import Projection
from search.engine.protocols import Part


def goods(color: str = "teal") -> Image.Image:
    """Something on white."""
    image = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(image).ellipse((90, 50, 210, 150), fill=color)
    return image


class Means:
    """Stands for a network: the mean colour, and the brightness of each half."""

    name = "means"
    size = (32, 32)
    parts: tuple[Part, ...] = (Part("network", 3, 0.8), Part("colours", 2, 0.2))
    dimension = 5

    def encode(self, pixels: np.ndarray) -> np.ndarray:
        halves = [pixels[:, :, :16].mean(axis=(1, 2, 3)), pixels[:, :, 16:].mean(axis=(1, 2, 3))]
        return np.hstack([pixels.mean(axis=(1, 2)), np.column_stack(halves)])


def test_windows_cover_the_picture_and_stay_within_it():
    found = photos.windows()

    assert found[0] == photos.WHOLE
    assert len(found) == len(set(found)) == 14
    covered = np.zeros((100, 100), dtype=bool)
    for window in found[1:]:
        assert 0 <= window.x and window.x + window.width <= 1 + 1e-9
        assert 0 <= window.y and window.y + window.height <= 1 + 1e-9
        rows = slice(round(100 * window.y), round(100 * (window.y + window.height)))
        columns = slice(round(100 * window.x), round(100 * (window.x + window.width)))
        covered[rows, columns] = True
    assert covered.all()


def test_a_window_of_a_tiny_picture_has_a_pixel_at_least():
    assert photos.Window(0.5, 0.5, 0.01, 0.01).of(Image.new("RGB", (3, 2))).size == (1, 1)


def test_a_plain_ground_is_a_catalogues():
    assert photos.is_catalogue_like(goods())
    noisy = Image.fromarray(np.rint(255 * photos.noise(np.random.default_rng(1))).astype(np.uint8))
    assert not photos.is_catalogue_like(noisy)


def test_noise_has_more_of_the_coarse_than_of_the_fine():
    field = photos.noise(np.random.default_rng(2)).mean(axis=2)

    power = np.abs(np.fft.fft2(field - field.mean())) ** 2
    assert power[1:8, 1:8].mean() > 100 * power[60:100, 60:100].mean()
    assert field.min() >= 0 and field.max() <= 1


def test_goods_are_pasted_on_noise_without_their_own_ground():
    made = np.asarray(photos.photographed(goods("red"), np.random.default_rng(3)))

    red = (made[..., 0] > 200) & (made[..., 1] < 60)
    white = (made > 245).all(axis=2)
    assert 0.02 < red.mean() < 0.5
    assert white.mean() < 0.05


def test_the_mean_of_photos_is_the_same_for_the_same_pictures():
    pictures = [goods("red"), goods("blue")]

    one, other = (photos.mean_of_photos(pictures, Means()) for _ in range(2))

    assert one is not None and other is not None
    assert one.tolist() == other.tolist()
    assert one.shape == (5,)
    assert photos.mean_of_photos([], Means()) is None


def test_shares_of_a_photo_add_up_and_leave_textures_out():
    parts = [Part("network", 10, 0.7), Part("texture", 5, 0.2), Part("colours", 4, 0.1)]

    found = photos.shares(parts)

    assert sum(part.share for part in found) == pytest.approx(1)
    assert [part.name for part in found] == ["network", "texture", "colours"]
    assert found[1].share == 0 and found[0].share > 0.9


def test_a_projection_over_photos_has_their_mean_and_the_same_directions():
    rng = np.random.default_rng(4)
    parts = [Part("all", 6, 1.0)]
    rows = rng.normal(size=(50, 6)).astype(np.float32)
    plain = Projection(parts, mean=np.zeros(6, np.float32), matrix=rng.normal(size=(6, 3)))
    shift = np.full(6, 0.2, np.float32)

    shifted = plain.over(parts, mean=shift)

    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert np.allclose(shifted(unit), plain(unit - shift), atol=1e-5)
    assert shifted.matrix is plain.matrix
