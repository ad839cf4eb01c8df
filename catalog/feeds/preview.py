"""What a catalogue file would become, before anything of it is written."""

import base64
from collections.abc import Sequence
from contextlib import closing
from itertools import islice
from typing import NamedTuple

from django.utils.translation import gettext as _

from catalog import images
from catalog.errors import PictureError
from catalog.feeds.records import KNOWN, Called, Record, column_name
from catalog.feeds.rows import Parsed, RowError, parse, sku_of
from catalog.feeds.source import PictureReader, Source
from catalog.feeds.text import UNDECODED

LOOKED_AT = 1000  # rows: enough to meet most faults, and read within a second
SHOWN = 10
FAULTS_SHOWN = 50
SAMPLES = 3
THUMBNAIL = 96  # pixels
# What shops call columns, beside our own names; compared in lower case, with spaces as `_`.
USUAL_NAMES = {
    "sku": "id product_id item_id item_number item_no article_number code product_code handle "
    "商品番号 商品コード 商品id 品番 型番 管理番号",
    "title": "name product_name product_title item_name 商品名 名称 品名",
    "description": "body body_html text details 説明 商品説明 詳細",
    "category": "categories product_type google_product_category type department "
    "カテゴリ カテゴリー 分類 ジャンル",
    "brand": "vendor manufacturer maker ブランド メーカー",
    "color": "colors colours 色 カラー",
    "price": "unit_price sale_price variant_price 価格 販売価格 値段 税込価格",
    "currency": "currency_code 通貨",
    "stock": "quantity qty inventory stock_quantity variant_inventory_qty 在庫 在庫数 数量",
    "image": "picture pictures photo photos image_link image_url image_src img "
    "画像 写真 商品画像 画像url",
    "url": "link product_url product_link リンク 商品url",
    # Not group_id, which as often means a kind of goods: all of a kind would count as one thing.
    "item_group_id": "parent_sku variant_group",
    "published": "visible active 公開 表示",
}
MEANINGS = {usual: ours for ours, names in USUAL_NAMES.items() for usual in names.split()}


class Column(NamedTuple):
    name: str  # as the file has it
    meaning: str  # one of ours, or as it is written for an attribute; "" for left out
    samples: list[str]


class Fault(NamedTuple):
    line: int
    sku: str
    reason: str


class Shown(NamedTuple):
    """A row as it would be read, with its first picture as a data: address."""

    parsed: Parsed
    picture: str


class Preview(NamedTuple):
    columns: list[Column]
    rows: list[Shown]
    faults: list[Fault]  # the first of them
    faulty: int  # rows
    looked_at: int  # rows
    whole: bool  # whether those are all

    @property
    def fault(self) -> str:
        """Why the file can't be imported with these meanings; empty where it can."""
        return _fault([column.meaning for column in self.columns])


def guessed(names: Sequence[str]) -> dict[str, str]:
    """What columns of other names probably mean, each meaning once."""
    taken = {column_name(name) for name in names}
    called = {}
    for name in names:
        meaning = MEANINGS.get(name.strip().lower().replace(" ", "_"))
        if meaning and meaning not in taken and column_name(name) not in KNOWN:
            called[name] = meaning
            taken.add(meaning)
    return called


def unusable(columns: Sequence[str], called: Called) -> str:
    """Why columns that are called so can't be imported; empty where they can."""
    return _fault([column_name(name, called) for name in columns])


def _fault(meanings: Sequence[str]) -> str:
    if "sku" not in meanings:
        return _(
            "Say which column holds the sku: the number or name by which the shop knows each "
            "product."
        )
    twice = next((each for each in meanings if each and meanings.count(each) > 1), "")
    return _("Two columns mean %(name)s: leave one out.") % {"name": twice} if twice else ""


def look(source: Source, columns: Sequence[str], called: Called) -> Preview:
    """Read the first rows. columns : as `source.columns()` has them. Raises FeedError."""
    meanings = [(name, column_name(name, called)) for name in columns]
    if unusable(columns, called):
        return Preview([Column(*each, []) for each in meanings], [], [], 0, 0, whole=False)
    rows: list[Shown] = []
    faults: list[Fault] = []
    looked_at = 0
    samples: dict[str, list[str]] = {meaning: [] for _column, meaning in meanings}
    with closing(source.records(called)) as records:
        for record in islice(records, LOOKED_AT):
            looked_at += 1
            _sample(record, samples)
            try:
                parsed = parse(record)
            except RowError as err:
                faults.append(Fault(record.line, sku_of(record), str(err)))
                continue
            if len(rows) < SHOWN:
                rows.append(Shown(parsed, _picture(parsed, source.pictures)))
        whole = next(records, None) is None
    found = [Column(name, meaning, samples[meaning]) for name, meaning in meanings]
    return Preview(found, rows, faults[:FAULTS_SHOWN], len(faults), looked_at, whole)


def _sample(record: Record, samples: dict[str, list[str]]) -> None:
    for name, value in record.values.items():
        kept = samples.get(name, [])
        text = UNDECODED.sub("?", str(value or "").strip()[:60])
        if text and len(kept) < SAMPLES and text not in kept:
            kept.append(text)


def _picture(parsed: Parsed, reader: PictureReader) -> str:
    """Empty where there is none, or none that can be shown; the import itself says why."""
    name = next(iter(parsed.images or ()), "")
    if not name or "://" in name:
        return ""
    try:
        small = images.decode(reader.read(name), box=THUMBNAIL)
    except PictureError:
        return ""
    packed = base64.b64encode(images.encode_webp(small, quality=70)).decode()
    return f"data:image/webp;base64,{packed}"
