"""Which constants of pictures and fusion suit catalogues that they were not chosen on.

    python -m benchmarks.fusion_sweep --work DIR [--split category] CATALOGUE:LABELS ...

Each catalogue is cut into parts by the top level of the column `--split`, where it has one with
several values; each part is treated as a shop of its own. One constant is varied at a time, the
others stay at their defaults. A table shows nDCG@10 of every part by every value; below it stands
what the other parts together would have chosen for each part, and what that choice costs it.
"""

import argparse
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import catalogues
from benchmarks.missing import codes
from search.engine import alignment, alignment_choice, metrics, weighting
from search.engine.image import encoders
from search.engine.image.choice import parse_choice
from search.engine.image.pixels import load_pixels
from search.engine.learning import askable, nearest
from search.engine.projection import WHITENING, Projection, fit_centred, fit_pictures
from search.engine.protocols import Part
from search.engine.text.words import WordsModel
from search.engine.transform import TAUGHT, taught

K = 10
QUERIES = 1000
LEAST_PRODUCTS = 300
CHUNK = 2000


@dataclass(frozen=True)
class Constants:
    shares: tuple[float, float, float] = (0.7, 0.2, 0.1)  # network, texture, colours
    whitening: float = WHITENING
    taught: float = TAUGHT
    aligned: float = weighting.ALIGNED
    picture: float = weighting.PICTURE_BESIDE_ALIGNED


TRIED: dict[str, list[Any]] = {
    "shares": [(1, 0, 0), (0.9, 0, 0.1), (0.7, 0.2, 0.1), (0.5, 0.4, 0.1), (0.6, 0.2, 0.2)],
    "whitening": [0.0, 0.3, 0.6],
    "taught": [0.0, 0.3, 0.5, 0.7],
    "aligned": [0.0, 0.5, 0.8, 0.9, 0.96],
    "picture": [0.25, 0.5, 0.75],
}


@dataclass(frozen=True)
class Shop:
    name: str
    pictures: np.ndarray  # (n, d) what the picture encoder gives
    words: np.ndarray  # (n, e) what the text encoder gives
    labels: np.ndarray  # (n, m)

    def quality(self, constants: Constants) -> float:
        """nDCG@10 of the fused lists."""
        units, weights = blocks(self, constants)
        queries = askable(self.labels)
        queries = queries[:: max(1, len(queries) // QUERIES)]
        found = nearest(units, weights, queries, k=K)
        gains = metrics.gains(self.labels, queries, found)
        return float(metrics.ndcg(gains, metrics.ideal_gains(self.labels, queries, k=K)).mean())


def blocks(shop: Shop, constants: Constants) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    x = fitted_pictures(shop.pictures, constants)(shop.pictures)
    t = centred_words(shop.words)(shop.words)
    choice = alignment_choice.choose(alignment.collect(zip(chunked(x), chunked(t), strict=True)))
    units = {"image": x, "text": t}
    if choice is None or not constants.aligned:
        return units, weighting.default_weights(pictures=True, words=True, choice=None)
    units = {
        "image": taught(x, choice.alignment.pictures(x), share=constants.taught),
        "text": t,
        "aligned": choice.alignment.words(t),
    }
    rest = 1 - constants.aligned
    shares = (rest * constants.picture, rest * (1 - constants.picture), constants.aligned)
    return units, dict(zip(units, shares, strict=True))


def fitted_pictures(pictures: np.ndarray, constants: Constants) -> Projection:
    names = ("network", "texture", "colours")
    parts = [Part(*facts) for facts in zip(names, PARTS, constants.shares, strict=True)]
    return fit_pictures(
        (chunked(pictures), chunked(pictures)),
        parts=parts,
        products=len(pictures),
        whitening=constants.whitening,
    )


def centred_words(words: np.ndarray) -> Projection:
    return fit_centred(chunked(words), parts=[Part("words", words.shape[1], 1.0)])


def chunked(rows: np.ndarray) -> Iterator[np.ndarray]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))


PARTS = (1280, 576, 144)


def shops(source: Path, labels: list[str], *, split: str, work: Path) -> Iterator[Shop]:
    """The catalogue's parts; its vectors are kept in `work`, encoding takes minutes."""
    rows = [row for row in catalogues.read(source) if row.get("image")]
    pictures = kept(work / f"{source.stem}-pictures.npy", lambda: encoded(source, rows, work))
    levels = [row.get(split, "").split(">")[0].strip() for row in rows]
    common = {level for level, count in Counter(levels).items() if count >= LEAST_PRODUCTS}
    groups = sorted(common) if len(common) > 1 else [None]
    for group in groups:
        chosen = [at for at, level in enumerate(levels) if group is None or level == group]
        texts = [(rows[at]["title"], rows[at].get("description", "")) for at in chosen]
        columns = [codes([rows[at][label] for at in chosen]) for label in labels]
        words = WordsModel.fit(texts).encode(texts)
        name = f"{source.stem} {group or ''}".strip()
        yield Shop(name, pictures[chosen], words, np.array(columns).T)


def kept(path: Path, make: Callable[[], np.ndarray]) -> np.ndarray:
    if not path.exists():
        np.save(path, make())
    return np.load(path)


def encoded(source: Path, rows: list[catalogues.Row], work: Path) -> np.ndarray:
    encoder = encoders.open_folder(encoders.ensure(parse_choice("mobilenetv2"), work / "artifacts"))
    vectors = []
    with zipfile.ZipFile(source) as archive:
        for row in rows:
            content = archive.read(row["image"].split("|")[0].strip())
            vectors.append(encoder.encode(load_pixels(content)[np.newaxis])[0])
    return np.array(vectors)


def main() -> None:
    parser = argparse.ArgumentParser(description="Try constants of pictures and fusion.")
    parser.add_argument("catalogues", nargs="+", metavar="CATALOGUE:LABELS")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--split", default="category")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    found: list[Shop] = []
    for asked in options.catalogues:
        path, _, labels = asked.rpartition(":")
        found += shops(Path(path), labels.split(","), split=options.split, work=options.work)
    for name, values in TRIED.items():
        sys.stdout.write(table(name, values, found))


def table(name: str, values: list[Any], found: list[Shop]) -> str:
    quality = np.array(
        [
            [shop.quality(replace(Constants(), **{name: value})) for value in values]
            for shop in found
        ]
    )
    default = values.index(getattr(Constants(), name))
    lines = [f"\n| {name} | {' | '.join(map(str, values))} | others would choose | at a loss of |"]
    lines.append("|---" * (len(values) + 3) + "|")
    for at, shop in enumerate(found):
        others = np.delete(quality, at, axis=0).mean(axis=0)
        chosen = int(others.argmax())
        figures = " | ".join(f"{figure:.3f}" for figure in quality[at])
        loss = quality[at].max() - quality[at, chosen]
        lines.append(f"| {shop.name} | {figures} | {values[chosen]} | {loss:.3f} |")
    lost = (quality.max(axis=1) - quality[:, default]).max()
    lines.append(f"\nThe default, {values[default]}, costs no part more than {lost:.3f}.\n")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
