"""Changes that staff make to many products at once, and how they are taken back.

Each thousand products are one transaction with one note of what they were, so that nothing is
changed that could not be taken back, and a change that is stopped midway is whole up to there.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from catalog import attached, navigation, products, removals, structure
from catalog.models import Category, Product, Shop, Undo
from catalog.people import Person
from catalog.querysets import ProductQuerySet

KEPT = timedelta(days=30)
LOCK: Final = 7_265_003  # a Postgres advisory lock, any that nobody else uses
# What products or rules stand on comes back before them.
FIRST: Final = (Undo.Kind.SHOP, Undo.Kind.CATEGORY)


class Changed(NamedTuple):
    batch: uuid.UUID  # what `undo` takes
    products: int


class Undone(NamedTuple):
    products: int
    left: int  # changed since, or in the way of what is there now
    others: int = 0  # categories and shops
    attached: Mapping[str, int] = MappingProxyType({})  # what came along, by the name of its kind


def publish(*, products: ProductQuerySet, by: Person | None) -> Changed:
    return _set(products.filter(published=False), Undo.Kind.PUBLISH, {"published": True}, by)


def hide(*, products: ProductQuerySet, by: Person | None) -> Changed:
    return _set(products.filter(published=True), Undo.Kind.HIDE, {"published": False}, by)


def move(*, products: ProductQuerySet, category: Category | None, by: Person | None) -> Changed:
    to = category.pk if category else None
    elsewhere = products.exclude(category=category) if category else products.exclude(category=None)
    return _set(elsewhere, Undo.Kind.MOVE, {"category_id": to}, by)


def empty(*, products: ProductQuerySet, batch: uuid.UUID, by: Person | None) -> Changed:
    """Move products of all shops out of categories that are about to go, as a part of that."""
    return _set(products, Undo.Kind.MOVE, {"category_id": None}, by, batch)


def remove(*, products: ProductQuerySet, by: Person | None) -> Changed:
    """Delete products; what they were, and what people said of them, is kept for a month."""

    def removed(some: list[Product]) -> list[dict[str, Any]]:
        names = navigation.names()
        kept = [removals.as_kept(product, names) for product in some]
        Product.objects.filter(pk__in=[product.pk for product in some]).delete()
        return kept

    return _change(products, Undo.Kind.REMOVE, {}, by, removed)


def _set(
    products: ProductQuerySet,
    kind: str,
    values: dict[str, Any],
    by: Person | None,
    batch: uuid.UUID | None = None,
) -> Changed:
    def changed(some: list[Product]) -> list[dict[str, Any]]:
        before = [
            {"id": product.pk, "title": str(product), **{n: getattr(product, n) for n in values}}
            for product in some
        ]
        Product.objects.filter(pk__in=[product.pk for product in some]).update(
            **values, updated_at=timezone.now()
        )
        return before

    return _change(products, kind, values, by, changed, batch)


def _change(
    wanted: ProductQuerySet,
    kind: str,
    values: dict[str, Any],
    by: Person | None,
    change: Callable[[list[Product]], list[dict[str, Any]]],
    batch: uuid.UUID | None = None,
) -> Changed:
    """`change` writes some locked products and gives what they were.

    batch : of the change of all shops that this is a part of.
    """
    changed = Changed(batch or uuid.uuid4(), 0)
    ids = list(wanted.order_by("shop", "pk").values_list("pk", flat=True))
    for start in range(0, len(ids), products.MAX_ROWS):
        with transaction.atomic():
            some = _locked(ids[start : start + products.MAX_ROWS], going=kind == Undo.Kind.REMOVE)
            shop_of = {product.pk: None if batch else product.shop_id for product in some}
            along = going_along(shop_of) if kind == Undo.Kind.REMOVE else []
            by_shop: dict[int | None, list[dict[str, Any]]] = defaultdict(list)
            for before in change(some):
                by_shop[shop_of[before["id"]]].append(before)
            Undo.objects.bulk_create(
                Undo(
                    batch=changed.batch,
                    shop_id=shop,
                    kind=kind,
                    values=values,
                    by_id=by.pk if by else None,
                    before=was,
                    attached=[] if number else along,
                )
                for number, (shop, was) in enumerate(by_shop.items())
            )
            products.announce(product_ids=[*shop_of])
        changed = changed._replace(products=changed.products + len(some))
    return changed


def going_along(ids: Iterable[int]) -> list[attached.Kept]:
    return attached.as_kept(attached.going_with(Product, ids))


def _locked(ids: Sequence[int], *, going: bool = False) -> list[Product]:
    """In the order of their keys, so that two changes never wait for each other in a circle.

    going : nothing may be attached to them from now on.
    """
    rows = Product.objects.select_for_update(no_key=not going, of=("self",)).filter(pk__in=ids)
    return list(rows.order_by("pk").select_related("category").prefetch_related("images"))


def within(shops: QuerySet[Shop], *, everywhere: bool) -> Q:
    """The notes of these shops; `everywhere`: and of what is of all shops."""
    return Q(shop__in=shops) | Q(shop=None) if everywhere else Q(shop__in=shops)


def undo(*, batch: uuid.UUID, shops: QuerySet[Shop], everywhere: bool = False) -> Undone:
    """Take a change back, in these shops; what was changed once more since then stays."""
    done = left = others = 0
    along: Counter[str] = Counter()
    notes = Undo.objects.filter(within(shops, everywhere=everywhere), batch=batch, undone_at=None)
    known = sorted(notes.values_list("pk", "kind"), key=lambda note: (note[1] not in FIRST, note))
    for pk, kind in known:
        with transaction.atomic():
            take_turn()
            note = Undo.objects.select_for_update().filter(pk=pk, undone_at=None).first()
            if note is None:  # somebody else was faster
                continue
            back = BACK[kind](note)
            if kind in FIRST:
                others += len(back)
            else:
                products.announce(product_ids=back)
                done += len(back)
            Undo.objects.filter(pk=pk).update(undone_at=timezone.now())
            along += Counter(_brought_along())
        left += len(note.before) - len(back)
    return Undone(done, left, others, dict(along))


def take_turn() -> None:
    """One at a time: what two bring back may name each other."""
    with connection.cursor() as sql:
        sql.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _brought_along() -> dict[str, int]:
    """Bring back what went along with anything, once all that it names is there again.

    Numbers are given once, so that nothing is there again but what was brought back.
    """
    found: Counter[str] = Counter()
    for note in Undo.objects.exclude(attached=[]).only("attached").order_by("pk"):
        back, waiting = attached.bring_back(note.attached)
        if len(waiting) < len(note.attached):
            Undo.objects.filter(pk=note.pk).update(attached=waiting)
        found += Counter(attached.counted(back))
    return found


def _brought_back(note: Undo) -> list[int]:
    return removals.bring_back(shop_id=note.shop_id, kept=note.before)  # type: ignore[arg-type]


def _set_back(note: Undo) -> list[int]:
    """The ids of the products that have their former values again."""
    now = {
        product.pk: product
        for product in _locked([before["id"] for before in note.before])
        if note.shop_id in (None, product.shop_id)
        and all(getattr(product, name) == value for name, value in note.values.items())
    }
    formerly: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for before in note.before:
        if before["id"] in now:
            formerly[tuple(before[name] for name in note.values)].append(before["id"])
    gone = _gone_categories(formerly) if "category_id" in note.values else set()
    for was, ids in formerly.items():
        values = {
            name: None if old in gone else old for name, old in zip(note.values, was, strict=True)
        }
        Product.objects.filter(pk__in=ids).update(**values, updated_at=timezone.now())
    return [*now]


def _gone_categories(formerly: Iterable[tuple[Any, ...]]) -> set[Any]:
    wanted = {category for (category,) in formerly if category is not None}
    return wanted - set(Category.objects.filter(pk__in=wanted).values_list("pk", flat=True))


BACK: Final[Mapping[str, Callable[[Undo], list[int]]]] = {
    Undo.Kind.PUBLISH: _set_back,
    Undo.Kind.HIDE: _set_back,
    Undo.Kind.MOVE: _set_back,
    Undo.Kind.REMOVE: _brought_back,
    Undo.Kind.CATEGORY: lambda note: structure.bring_back_categories(note.before),
    Undo.Kind.SHOP: lambda note: structure.bring_back_shops(note.before),
}


def forget() -> int:
    """Drop what is too old to be taken back; how many notes went."""
    return Undo.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
