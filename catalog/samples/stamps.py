"""Photo stickers of Tux Paint -> items of a shop.

A sticker is a PNG and a text beside it: the first line is English, later ones `ja.utf8=バイオリン`.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from catalog.samples.packing import Item, Sample

ATTRIBUTION = (
    "Pictures and names: Tux Paint stamps, © 2002–2022 Bill Kendrick and contributors, under the "
    "GNU General Public License, version 2 or later; https://tuxpaint.org/. Prices are made up."
)
SOURCE = "Tux Paint stamps"
LICENCE = "GPL-2+"
# Drawings, letters and signs look alike for other reasons than goods do; weapons are no goods here.
LEFT_OUT = {"symbols", "cartoon", "military"}
KEPT_ALL_THE_SAME = "symbols/money"  # photos of coins
NOT_COINS = "00_symbols"
LONGEST_NAME = 40  # characters; what is longer is a sentence about the thing
LONGEST_JAPANESE_NAME = 20
ARTICLE = re.compile(r"^(an?|the|some)\s+", re.IGNORECASE)
FILE_NOISE = re.compile(r"[\d-]+|_(photo|outline)(?=_|$)")  # what names files apart, not things
PLAIN_NAME = re.compile(r"[^.!?;:]+\.?")  # an exclamation mark ends a call, not a name


def sample(files: Mapping[str, bytes]) -> Sample:
    """Files by their path below the stamps' folder -> what the demo shop sells."""
    pictures = (path for path in sorted(files) if path.endswith(".png"))
    found = [_item(path, files) for path in pictures if _is_wanted(path)]
    return Sample(SOURCE, ATTRIBUTION, [item for item in found if item])


def _is_wanted(path: str) -> bool:
    folders = set(PurePosixPath(path).parts[:-1])
    if NOT_COINS in folders or PurePosixPath(path).stem.endswith(("_mirror", "_flip")):
        return False
    return path.startswith(KEPT_ALL_THE_SAME) or not folders & LEFT_OUT


def _item(path: str, files: Mapping[str, bytes]) -> Item | None:
    text = files.get(path.removesuffix(".png") + ".txt")
    if text is None:
        return None
    english, japanese = _texts(text.decode("utf-8", "replace"))
    folders = [_titled(folder) for folder in PurePosixPath(path).parts[:-1]]
    if path.startswith(KEPT_ALL_THE_SAME):
        folders = folders[1:]
    sku = re.sub(r"[^a-z0-9]+", "-", path.removesuffix(".png").lower()).strip("-")
    return Item(
        sku=sku,
        title=_title(english, japanese, PurePosixPath(path).stem),
        description=_description(english, japanese, folders),
        category=" > ".join(folders),
        price=_price(sku),
        currency="JPY",
        picture=files[path],
        source=SOURCE,
        licence=LICENCE,
    )


def _texts(content: str) -> tuple[str, str]:
    """The English and the Japanese text; empty where there is none."""
    lines = [line.strip() for line in content.splitlines()]
    japanese = (line.partition("=")[2] for line in lines if line.startswith("ja.utf8="))
    return (lines[0] if lines else ""), next(japanese, "").strip()


def _title(english: str, japanese: str, stem: str) -> str:
    name = _name(english)
    if not name:
        return _titled(FILE_NOISE.sub(" ", stem)) or _capitalised(ARTICLE.sub("", english))
    return f"{name} / {japanese.rstrip('。！!.')}" if _is_japanese_name(japanese) else name


def _name(english: str) -> str:
    """`A violin.` -> `Violin`; empty for a sentence that tells more than the name."""
    if len(english) > LONGEST_NAME or not PLAIN_NAME.fullmatch(english):
        return ""
    return _capitalised(re.sub("[“”]", "", ARTICLE.sub("", english).rstrip(".")))


def _is_japanese_name(text: str) -> bool:
    return bool(text) and len(text) <= LONGEST_JAPANESE_NAME and not re.search("[。！？].", text)


def _description(english: str, japanese: str, folders: list[str]) -> str:
    """What the texts tell beyond the name, and where the sticker belongs."""
    if not _name(english):
        told = [english, japanese]
    else:
        told = [] if _is_japanese_name(japanese) else [japanese]
    told.append(f"Photo sticker: {', '.join(folder.lower() for folder in folders)}.")
    return "\n".join(text for text in told if text)


def _titled(words: str) -> str:
    return _capitalised(" ".join(words.replace("_", " ").split()))


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]


def _price(sku: str) -> int:
    """Yen, from 80 to 1,200 by 20: made up, but the same each time."""
    return 80 + 20 * (int(hashlib.sha256(sku.encode()).hexdigest(), 16) % 57)
