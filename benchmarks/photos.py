"""Search by photo, where the photographed thing's own picture is not in the index.

    python -m benchmarks.photos DIR --stickers STAMPS --backgrounds PHOTOS [--json FILE]

STAMPS is the folder `stamps` of Debian's tuxpaint-stamps-default, PHOTOS one of photos to paste on,
such as `backgrounds/mate/nature` of mate-backgrounds. Of each kind of thing that has several
stickers one is indexed, with all stickers of other things, in a site that is made in DIR. The
others are pasted on photos at 0.3 to 0.8 of their size, turned, blurred and kept as JPEG of quality
40. A question counts where a product of the same kind comes first, or among the first five. Beside
them, as a control, the sticker that is indexed itself.
"""

import argparse
import io
import json
import random
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.site import Site, measure_inside
from catalog.samples import packing, stamps
from catalog.samples.packing import Item

SEED: Final = 5
RENDERINGS: Final = 4
SIDE: Final = 640
SIZE: Final = (0.3, 0.8)
TURN: Final = 25.0  # degrees either way
BLUR: Final = 1.5  # pixels at most
QUALITY: Final = 40
MARGIN: Final = 0.1  # around the thing, where somebody crops by hand
DEPTH: Final = 5


class Photo(NamedTuple):
    content: bytes  # JPEG
    crop: tuple[float, float, float, float]  # where the thing is, in shares of the picture
    kind: str


def kinds(items: list[Item]) -> dict[str, list[Item]]:
    """Stickers of one thing: those of a category whose names end in the same word."""
    found: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        words = re.findall("[a-z]+", item.title.split(" / ")[0].lower())
        found[f"{item.category} > {words[-1] if words else item.sku}"].append(item)
    return found


def photo(item: Item, ground: Image.Image, drawn: random.Random, kind: str) -> Photo:
    """The sticker somewhere in a photo."""
    side = drawn.randint(min(ground.size) // 2, min(ground.size))
    left, top = drawn.randint(0, ground.width - side), drawn.randint(0, ground.height - side)
    canvas = ground.crop((left, top, left + side, top + side)).resize((SIDE, SIDE))
    thing = Image.open(io.BytesIO(item.picture)).convert("RGBA")
    thing = thing.crop(thing.getbbox())
    scale = drawn.uniform(*SIZE) * SIDE / max(thing.size)
    size = (max(1, round(scale * thing.width)), max(1, round(scale * thing.height)))
    turned = thing.resize(size, Image.Resampling.BICUBIC).rotate(
        drawn.uniform(-TURN, TURN), expand=True, resample=Image.Resampling.BICUBIC
    )
    x = drawn.randint(0, max(0, SIDE - turned.width))
    y = drawn.randint(0, max(0, SIDE - turned.height))
    canvas.paste(turned, (x, y), turned)
    file = io.BytesIO()
    blurred = canvas.filter(ImageFilter.GaussianBlur(drawn.uniform(0, BLUR)))
    blurred.save(file, "JPEG", quality=QUALITY)
    margin = MARGIN * max(turned.size)
    edges = (x - margin, y - margin, x + turned.width + margin, y + turned.height + margin)
    x1, y1, x2, y2 = (min(max(edge / SIDE, 0.0), 1.0) for edge in edges)
    return Photo(file.getvalue(), (x1, y1, x2 - x1, y2 - y1), kind)


def measure(stickers: str, backgrounds: str, out: str | None) -> None:
    """In a process that has the site's settings and services."""
    items, asked = divided(Path(stickers))
    kind_of = {item.sku: kind for kind, items in kinds(items).items() for item in items}
    grounds = [Image.open(path).convert("RGB") for path in sorted(Path(backgrounds).glob("*.jpg"))]
    drawn = random.Random(SEED)
    photos = {
        "another sticker": [
            photo(item, drawn.choice(grounds), drawn, kind)
            for kind, item in asked
            for _ in range(RENDERINGS)
        ],
        "the same sticker": [
            photo(item, drawn.choice(grounds), drawn, kind)
            for kind, item in ((kind_of[item.sku], item) for item in items)
            if kind in {each for each, _ in asked}
        ],
    }
    report = {
        f"{name}, {how}": told(some, kind_of, cropped=how == "cropped")
        for name, some in photos.items()
        for how in ("whole", "cropped")
    }
    text = json.dumps(report, indent=1)
    sys.stderr.write(text + "\n")
    if out:
        Path(out).write_text(text, encoding="utf-8")


def told(photos: list[Photo], kind_of: dict[str, str], *, cropped: bool) -> dict[str, Any]:
    """How often a product of the same kind is first or among the first five, by several mixes."""
    from catalog.models import Product
    from search import photos as by_photo
    from search import runtime
    from search.engine.image.photos import WHOLE, Window

    serving = runtime.current()
    assert serving is not None
    sku_of = dict(Product.objects.values_list("pk", "sku"))
    mixes = {
        "default": None,
        "image": {"image": 1.0},
        "image + aligned": {"image": 0.5, "aligned": 0.5},
    }
    hits: dict[str, list[list[bool]]] = {name: [] for name in mixes}
    for each in photos:
        crop = Window(*each.crop) if cropped else WHOLE
        image = by_photo.decoded(each.content, crop)
        for name, mix in mixes.items():
            weights = mix or serving.folder.weights
            query = by_photo.query_of(serving, image, is_whole=not cropped, mix=weights, source="")
            assert query is not None
            found = serving.search(query.asking(serving, weights), k=DEPTH).rows[0]
            ids = serving.ids_at(found).tolist()
            hits[name].append([kind_of[sku_of[pk]] == each.kind for pk in ids])
    return {
        "photos": len(photos),
        **{
            name: {
                "top-1": round(float(np.mean([hit[0] for hit in found])), 3),
                "top-5": round(float(np.mean([any(hit) for hit in found])), 3),
            }
            for name, found in hits.items()
        },
    }


def divided(stickers: Path) -> tuple[list[Item], list[tuple[str, Item]]]:
    """The stickers that are indexed, and those that are asked for with their kind."""
    files = {
        path.relative_to(stickers).as_posix(): path.read_bytes()
        for path in stickers.rglob("*")
        if path.suffix in (".png", ".txt")
    }
    drawn = random.Random(SEED)
    indexed, asked = [], []
    for kind, items in kinds(stamps.sample(files).items).items():
        kept = drawn.choice(items)
        indexed.append(kept)
        asked += [(kind, item) for item in items if item is not kept]
    return indexed, asked


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--stickers", type=Path, required=True)
    parser.add_argument("--backgrounds", type=Path, required=True)
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    catalogue = options.data / "indexed.zip"
    indexed, _ = divided(options.stickers)
    packing.pack(packing.Sample("Stickers", "Tux Paint stamps, GPL-2+", indexed), catalogue)
    Site(options.data).serve(catalogue)
    out = str(options.json.resolve()) if options.json else None
    stickers, backgrounds = str(options.stickers.resolve()), str(options.backgrounds.resolve())
    measure_inside(options.data, "benchmarks.photos", stickers, backgrounds, out)


if __name__ == "__main__":
    main()
