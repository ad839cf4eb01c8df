"""Goods that this project draws itself, for machines that can't fetch photos."""

import io
from collections.abc import Callable, Iterator
from typing import NamedTuple

from PIL import Image, ImageDraw

from catalog.samples.packing import Item, Sample

ATTRIBUTION = "Pictures, names and prices of this shop are made up by the site itself."
SOURCE = "Drawn samples"
LICENCE = "CC0"
SIDE = 480  # pixels
OVERSAMPLING = 2  # drawn larger, then shrunk, because Pillow draws hard edges

Box = tuple[float, float, float, float]  # left, top, right, bottom in 0..100


class Colour(NamedTuple):
    english: str
    japanese: str  # as it stands before の
    light: str
    dark: str


COLOURS = (
    Colour("red", "赤", "#d9483b", "#8f2a21"),
    Colour("orange", "オレンジ", "#ee9235", "#a85f16"),
    Colour("yellow", "黄色", "#f2c83f", "#b08c15"),
    Colour("green", "緑", "#4f9d5d", "#2c6238"),
    Colour("blue", "青", "#3f7fc4", "#24507f"),
    Colour("purple", "紫", "#8a5bb0", "#573673"),
)


class Pen:
    """Draws in units of a hundredth of the picture's side."""

    def __init__(self) -> None:
        self.unit = SIDE * OVERSAMPLING / 100
        side = SIDE * OVERSAMPLING
        self.image = Image.new("RGB", (side, side), "white")
        self.draw = ImageDraw.Draw(self.image)

    def oval(self, box: Box, fill: str) -> None:
        self.draw.ellipse(self._scaled(box), fill)

    def block(self, box: Box, fill: str, *, round: float = 0) -> None:
        self.draw.rounded_rectangle(self._scaled(box), round * self.unit, fill)

    def shape(self, points: list[tuple[float, float]], fill: str) -> None:
        self.draw.polygon([(x * self.unit, y * self.unit) for x, y in points], fill)

    def ring(self, box: Box, fill: str, *, width: float, start: int = 0, end: int = 360) -> None:
        self.draw.arc(self._scaled(box), start, end, fill, round(width * self.unit))

    def png(self) -> bytes:
        stream = io.BytesIO()
        self.image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(stream, "PNG")
        return stream.getvalue()

    def _scaled(self, box: Box) -> Box:
        left, top, right, bottom = (value * self.unit for value in box)
        return left, top, right, bottom


def cup(pen: Pen, colour: Colour) -> None:
    pen.ring((58, 36, 84, 66), colour.dark, width=5)
    pen.block((24, 28, 68, 78), colour.light, round=8)
    pen.oval((24, 22, 68, 36), colour.dark)


def ball(pen: Pen, colour: Colour) -> None:
    pen.oval((18, 18, 82, 82), colour.light)
    pen.ring((-20, 18, 44, 82), colour.dark, width=2, start=300, end=60)
    pen.ring((56, 18, 120, 82), colour.dark, width=2, start=120, end=240)


def lamp(pen: Pen, colour: Colour) -> None:
    pen.block((47, 44, 53, 82), "#777777")
    pen.oval((30, 78, 70, 88), "#555555")
    pen.shape([(36, 14), (64, 14), (80, 50), (20, 50)], colour.light)


def hat(pen: Pen, colour: Colour) -> None:
    pen.oval((10, 58, 90, 78), colour.dark)
    pen.block((30, 24, 70, 68), colour.light, round=10)
    pen.block((30, 54, 70, 62), colour.dark)


def book(pen: Pen, colour: Colour) -> None:
    pen.block((26, 16, 78, 86), colour.dark, round=3)
    pen.block((30, 80, 76, 84), "#f4efe2")
    pen.block((22, 14, 74, 80), colour.light, round=3)
    pen.block((34, 28, 64, 34), "#f4efe2")


def umbrella(pen: Pen, colour: Colour) -> None:
    pen.block((49, 46, 51.5, 84), "#555555")
    pen.ring((39, 77, 51.5, 90), "#555555", width=2.5, start=0, end=180)
    pen.draw.pieslice(pen._scaled((12, 16, 88, 84)), 180, 360, colour.light)
    for left in (12, 37.3, 62.6):
        pen.oval((left, 45, left + 25.4, 55), "white")


def chair(pen: Pen, colour: Colour) -> None:
    for left in (28, 66):
        pen.block((left, 58, left + 6, 90), colour.dark)
    pen.block((28, 10, 34, 60), colour.dark)
    pen.block((24, 52, 76, 60), colour.light, round=3)
    pen.block((28, 14, 36, 44), colour.light, round=3)


def bag(pen: Pen, colour: Colour) -> None:
    pen.ring((34, 14, 66, 58), colour.dark, width=4, start=180, end=360)
    pen.shape([(20, 38), (80, 38), (86, 86), (14, 86)], colour.light)
    pen.block((44, 50, 56, 60), colour.dark, round=2)


def vase(pen: Pen, colour: Colour) -> None:
    pen.block((42, 14, 58, 46), colour.light)
    pen.oval((26, 36, 74, 88), colour.light)
    pen.oval((38, 10, 62, 18), colour.dark)


def sock(pen: Pen, colour: Colour) -> None:
    pen.block((36, 12, 60, 68), colour.light, round=4)
    pen.block((36, 56, 86, 82), colour.light, round=13)
    pen.block((36, 12, 60, 24), colour.dark, round=4)


class Kind(NamedTuple):
    english: str
    japanese: str
    shelf: str
    use: str
    price: int  # yen
    draw: Callable[[Pen, Colour], None]


KINDS = (
    Kind("cup", "カップ", "Kitchen", "For tea and coffee. お茶やコーヒーに。", 900, cup),
    Kind("vase", "花瓶", "Living", "Holds a bunch of flowers. 花を飾る器。", 2400, vase),
    Kind("lamp", "ランプ", "Living", "A warm light for a table. 卓上のあかり。", 4800, lamp),
    Kind("chair", "椅子", "Living", "A seat of painted wood. 木の椅子。", 7600, chair),
    Kind("hat", "帽子", "Clothes", "Shade on a summer day. 夏の日よけに。", 3200, hat),
    Kind("sock", "靴下", "Clothes", "Knitted of wool. 毛糸の編みもの。", 700, sock),
    Kind("bag", "かばん", "Clothes", "Carries books and lunch. 本もお弁当も入る。", 5400, bag),
    Kind("umbrella", "傘", "Outdoors", "Keeps the rain off. 雨の日に。", 1800, umbrella),
    Kind("ball", "ボール", "Outdoors", "Bounces well. よくはずむ。", 1200, ball),
    Kind("book", "ノート", "Desk", "Empty pages to write on. 書きこめるノート。", 600, book),
)


def sample() -> Sample:
    """Ten kinds of goods in six colours."""
    return Sample(SOURCE, ATTRIBUTION, list(_items()))


def _items() -> Iterator[Item]:
    for kind in KINDS:
        for colour in COLOURS:
            pen = Pen()
            kind.draw(pen, colour)
            yield Item(
                sku=f"{kind.english}-{colour.english}",
                title=f"{colour.english.capitalize()} {kind.english} / "
                f"{colour.japanese}の{kind.japanese}",
                description=kind.use,
                category=f"{kind.shelf} > {kind.english.capitalize()}s",
                price=kind.price,
                currency="JPY",
                picture=pen.png(),
                source=SOURCE,
                licence=LICENCE,
            )
