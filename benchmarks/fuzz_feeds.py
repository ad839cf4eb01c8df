"""Catalogue files: text in any encoding, ZIP, spreadsheets, single cells, addresses of pictures.

Files in a package are written one after the other, `--PART-- name` before each, and packed by the
target itself: bytes of a ZIP that change at random are refused for their checksums.
"""

import io
import re
import zipfile
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Final

from openpyxl import Workbook

from benchmarks.fuzz_pictures import drawn
from benchmarks.fuzz_watch import Target
from catalog import images
from catalog.errors import FeedError, PictureError
from catalog.feeds import preview
from catalog.feeds.records import KNOWN, Record
from catalog.feeds.rejections import Rejections
from catalog.feeds.rows import RowError, parse, sku_of
from catalog.feeds.source import open_source
from catalog.fetching.targets import is_address, target_of

CSV: Final = (
    "sku,title,description,category,brand,color,price,image,currency,stock,shop,published,url\n"
    'A-1,"Tea ""pot""",Warm,Home > Kitchen,Acme,red,"1,980",a.png|b.png,JPY,3,acme,yes,'
    "https://shop.example/a\n"
    "A-2,急須,あたたかい,台所 > 茶,似照,赤,¥2480,https://pictures.example/a.png,,,,,\n"
)
JSON: Final = (
    '{"sku": "A-1", "title": "Pot", "price": 19.80, "category": ["Home", "Tea"], '
    '"image": ["a.png"], "stock": 2, "size": {"w": [1, 2.5e3]}}\n'
    '{"sku": "A-2", "title": "\\u6025\\u9808", "published": false, "price": null}\n'
)
SUFFIXES: Final = (".csv", ".jsonl", ".tsv", ".csv.rejected.csv", ".json")
PART: Final = re.compile(rb"\n?--PART-- ([^\n]*)\n")
PACKINGS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
RAW: Final = 250  # a first byte of so much or more: what follows is a package as it is
ENDS: Final = ("zip", "xlsx")


def texts(folder: Path) -> list[bytes]:
    encodings = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp932", "euc_jp")
    found = [b"\0" + CSV.encode(encoding, "replace") for encoding in encodings]
    found += [
        b"\1" + JSON.encode(),
        b"\1" + b'{"sku": 1, "deep": ' + b"[" * 900 + b"]" * 900 + b"}\n",
    ]
    return [*found, b"\2" + CSV.replace(",", "\t").encode(), b"\3" + CSV.encode(), b"\4[]"]


def take(data: bytes, folder: Path) -> None:
    path = folder / f"goods{SUFFIXES[data[0] % len(SUFFIXES)] if data else '.csv'}"
    path.write_bytes(data[1:])
    read_whole(path)


def read_whole(path: Path) -> None:
    """As the admin's preview does and then an import, but for the database."""
    with open_source(path) as source:
        columns = source.columns()
    with open_source(path) as source:
        found = preview.look(source, columns, preview.guessed(columns))
        # All of this is shown on a page, and some of it kept in the database.
        writable(found.columns, found.faults, [each.parsed for each in found.rows])
    with open_source(path) as source, Rejections() as rejections:
        try:
            for record in source.records():
                one_record(record, source.pictures, rejections)
        finally:
            rejections.write(path.with_name("rejected.csv"))


def one_record(record: Record, pictures: object, rejections: Rejections) -> None:
    writable(sku_of(record))
    try:
        parsed = parse(record)
    except RowError as err:
        rejections.add(record, str(err))
        return
    storable(parsed)
    for name in (parsed.images or ())[:3]:
        with suppress(PictureError):
            if is_address(name):
                target_of(name)
            else:
                images.decode(pictures.read(name), box=50)  # type: ignore[attr-defined]


def writable(*shown: object) -> None:
    for each in shown:
        text(each).encode()


def storable(parsed: object) -> None:
    assert "\0" not in text(parsed), "the database takes no NUL"
    writable(parsed)


def text(shown: object) -> str:
    """All strings within, unescaped."""
    if isinstance(shown, str):
        return shown
    if isinstance(shown, dict):
        return "".join(map(text, (*shown, *shown.values())))
    if isinstance(shown, list | tuple):
        return "".join(map(text, shown))
    return str(shown)


def unpack(data: bytes) -> bytes:
    """A ZIP of the parts that `data` lists, packed as its first byte says."""
    if not data or data[0] >= RAW:
        return data[1:]
    stream = io.BytesIO()
    pieces = PART.split(data[1:])[1:]
    with zipfile.ZipFile(stream, "w", PACKINGS[data[0] % len(PACKINGS)]) as packed:
        for name, content in zip(pieces[::2], pieces[1::2], strict=False):
            with suppress(ValueError, IndexError):  # a name that no ZIP can have
                packed.writestr(name.decode("utf-8", "replace") or "x", content)
    return stream.getvalue()


def parts(members: dict[str, bytes]) -> bytes:
    listed = members.items()
    return b"".join(b"\n--PART-- " + name.encode() + b"\n" + body for name, body in listed)


def archives(folder: Path) -> list[bytes]:
    goods = {"catalog.csv": CSV.encode(), "a.png": drawn("PNG"), "b.png": drawn("JPEG")}
    hostile = {"../../evil.png": b"x", "/etc/evil": b"x", "shop.json": b'{"name": "Acme"}'}
    nested = {"in/catalog.jsonl": JSON.encode(), "in/a.png": drawn("WEBP"), "in/shop.json": b"[]"}
    whole = [bytes([way]) + parts(goods | hostile) for way in range(len(PACKINGS))]
    return [*whole, b"\1" + parts(nested), *(bytes([RAW]) + unpack(each) for each in whole)]


def open_archive(data: bytes, folder: Path) -> None:
    path = folder / "goods.zip"
    path.write_bytes(unpack(data))
    read_whole(path)


def spreadsheets(folder: Path) -> list[bytes]:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["sku", "title", "price", "stock", "published"])
    sheet.append(["A-1", "Pot", 19.8, 3, True])
    sheet.append(["A-2", "急須", None, 2.0, False])
    book.save(folder / "book.xlsx")
    with zipfile.ZipFile(folder / "book.xlsx") as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    return [b"\1" + parts(members), bytes([RAW]) + (folder / "book.xlsx").read_bytes()]


def open_spreadsheet(data: bytes, folder: Path) -> None:
    path = folder / "goods.xlsx"
    path.write_bytes(unpack(data))
    read_whole(path)


def cells(folder: Path) -> list[bytes]:
    found = ["1,980", "¥1.234,56", "19.8 USD", "A > B > C", "a.png|b.png", "https://a.example/b"]
    found += ["１２", "true", "非公開", "1e999999", "\0", "NaN", "99999999999999", "JPY"]
    return [each.encode() for each in found]


def read_cells(data: bytes, folder: Path) -> None:
    cell = data.decode("utf-8", "surrogatepass" if data[:1] < b"\x80" else "replace")
    values: list[object] = [cell, [cell, [cell]], {cell: [Decimal("1e400")]}, [Decimal("NaN")]]
    for name in (*KNOWN, "colour of it", cell):
        for value in values:
            with suppress(RowError):
                storable(parse(Record(1, {"sku": "A-1", name: value})))


def addresses(folder: Path) -> list[bytes]:
    found = ["https://a.example/b.png", "http://[::1]:80/x", "https://例え.jp:8443/写真?a=1#b"]
    found += ["ftp://a/b", "http://u:p@h/", "C:\\photos\\a.png", "//h/x", "http://a.example:99999/"]
    return [each.encode() for each in found]


def read_address(data: bytes, folder: Path) -> None:
    name = data.decode("utf-8", "replace")
    if is_address(name):
        found = target_of(name)
        found.address.encode("ascii")
        assert target_of(found.address) == found, "it reads otherwise when it is read again"


TARGETS: Final = (
    Target("catalogues", texts, take, (FeedError,)),
    Target("archives", archives, open_archive, (FeedError,)),
    Target("spreadsheets", spreadsheets, open_spreadsheet, (FeedError,), seconds=10),
    Target("cells", cells, read_cells, (UnicodeDecodeError,), seconds=2),
    Target("addresses", addresses, read_address, (PictureError,), seconds=2),
)
