"""A photo that looks for products with words alone, and words that look for photos alone.

    python -m benchmarks.across --work DIR CATALOGUE:LABEL [--share 0.2]

A random part of the products loses its words, another its pictures; the rest has both and is what
alignment learns from. Each product without words is then asked which of those without pictures are
nearest, and the reverse, by the aligned block alone. Printed beside chance: how many of the first
ten have the same label, and how many askers find one at all.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.fusion_sweep import Constants, Shop, centred_words, chunked, fitted_pictures, shops
from search.engine import alignment, alignment_choice
from search.engine.completion import Anchors, coefficients

K = 10


def main() -> None:
    parser = argparse.ArgumentParser(description="Search across pictures and words.")
    parser.add_argument("catalogue", metavar="CATALOGUE:LABEL")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.2)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    path, _, label = options.catalogue.rpartition(":")
    (shop,) = shops(Path(path), [label], split="", work=options.work)
    photos, words = aligned_blocks(shop, share=options.share)
    for name, asking, asked in (
        ("photos looking for words", photos, words),
        ("words looking for photos", words, photos),
    ):
        sys.stdout.write(f"{name}: {told(asking, asked, shop.labels[:, 0])}\n")


def aligned_blocks(
    shop: Shop, *, share: float
) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """The aligned blocks of products with a picture alone, and of those with words alone."""
    order = np.random.default_rng(0).permutation(len(shop.labels))
    count = round(share * len(order))
    wordless, pictureless, both = np.split(order, [count, 2 * count])
    x = fitted_pictures(shop.pictures, Constants())(shop.pictures)
    t = centred_words(shop.words)(shop.words)
    x[pictureless], t[wordless] = 0, 0
    choice = alignment_choice.choose(alignment.collect(zip(chunked(x), chunked(t), strict=True)))
    if choice is None:
        raise SystemExit("this catalogue is not aligned: pictures and words teach nothing")
    a = choice.alignment.words(t)
    found = coefficients(x=x[both], t=t[both], a=a[both], alignment=choice.alignment)
    anchors = Anchors(x=x[both], coefficients=found, alignment=choice.alignment)
    _, inferred = anchors.predict(x[wordless])
    return dict(zip(wordless, inferred, strict=True)), dict(
        zip(pictureless, a[pictureless], strict=True)
    )


def told(asking: dict[int, np.ndarray], asked: dict[int, np.ndarray], labels: np.ndarray) -> str:
    queries, found = list(asking), np.array(list(asked))
    scores = np.stack(list(asking.values())) @ np.stack(list(asked.values())).T
    best = found[np.argsort(-scores, axis=1, kind="stable")[:, :K]]
    same = labels[best] == labels[queries][:, np.newaxis]
    chance = np.array([np.mean(labels[found] == labels[query]) for query in queries])
    return (
        f"{same.mean():.3f} of the first {K} have the same label (chance {chance.mean():.3f}); "
        f"{same.any(axis=1).mean():.3f} of {len(queries)} find one "
        f"(chance {np.mean(1 - (1 - chance) ** K):.3f})"
    )


if __name__ == "__main__":
    main()
