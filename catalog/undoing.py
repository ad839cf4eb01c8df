"""Changes that staff make to many products at once, and how they are taken back.

Each thousand products are one transaction with one note of what they were, so that nothing is
changed that could not be taken back, and a change that is stopped midway is whole up to there.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog import navigation, products, removals
from catalog.models import Category, Product, Shop, Undo
from catalog.people import Person
from catalog.querysets import ProductQuerySet

KEPT = timedelta(days=30)


class Changed(NamedTuple):
    batch: uuid.UUID  # what `undo` takes
    products: int


class Undone(NamedTuple):
    products: int
    left: int  # changed since, or in the way of what is there now


def publish(*, products: ProductQuerySet, by: Person | None) -> Changed:
    return _set(products.filter(published=False), Undo.Kind.PUBLISH, {"published": True}, by)


def hide(*, products: ProductQuerySet, by: Person | None) -> Changed:
    return _set(products.filter(published=True), Undo.Kind.HIDE, {"published": False}, by)


def move(*, products: ProductQuerySet, category: Category | None, by: Person | None) -> Changed:
    to = category.pk if category else None
    elsewhere = products.exclude(category=category) if category else products.exclude(category=None)
    return _set(elsewhere, Undo.Kind.MOVE, {"category_id": to}, by)


def remove(*, products: ProductQuerySet, by: Person | None) -> Changed:
    """Delete products; what they were is kept for a month."""
    names = navigation.names_by_path()

    def removed(some: list[Product]) -> list[dict[str, Any]]:
        kept = [removals.as_kept(product, names) for product in some]
        Product.objects.filter(pk__in=[product.pk for product in some]).delete()
        return kept

    return _change(products, Undo.Kind.REMOVE, {}, by, removed)


def _set(
    products: ProductQuerySet, kind: str, values: dict[str, Any], by: Person | None
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

    return _change(products, kind, values, by, changed)


def _change(
    wanted: ProductQuerySet,
    kind: str,
    values: dict[str, Any],
    by: Person | None,
    change: Callable[[list[Product]], list[dict[str, Any]]],
) -> Changed:
    """`change` writes some locked products and gives what they were."""
    changed = Changed(uuid.uuid4(), 0)
    ids = list(wanted.order_by("shop", "pk").values_list("pk", flat=True))
    for start in range(0, len(ids), products.MAX_ROWS):
        with transaction.atomic():
            some = _locked(ids[start : start + products.MAX_ROWS])
            by_shop: dict[int, list[dict[str, Any]]] = defaultdict(list)
            shop_of = {product.pk: product.shop_id for product in some}
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
                )
                for shop, was in by_shop.items()
            )
            products.announce(product_ids=[*shop_of])
        changed = changed._replace(products=changed.products + len(some))
    return changed


def _locked(ids: Sequence[int]) -> list[Product]:
    """In the order of their keys, so that two changes never wait for each other in a circle."""
    rows = Product.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids)
    return list(rows.order_by("pk").select_related("category").prefetch_related("images"))


def undo(*, batch: uuid.UUID, shops: QuerySet[Shop]) -> Undone:
    """Take a change back, in these shops; what was changed once more since then stays."""
    done = left = 0
    notes = Undo.objects.filter(batch=batch, shop__in=shops, undone_at=None)
    for pk in list(notes.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            note = Undo.objects.select_for_update().filter(pk=pk, undone_at=None).first()
            if note is None:  # somebody else was faster
                continue
            back = _brought_back(note) if note.kind == Undo.Kind.REMOVE else _set_back(note)
            products.announce(product_ids=back)
            Undo.objects.filter(pk=pk).update(undone_at=timezone.now())
        done += len(back)
        left += len(note.before) - len(back)
    return Undone(done, left)


def _brought_back(note: Undo) -> list[int]:
    return removals.bring_back(shop_id=note.shop_id, kept=note.before)


def _set_back(note: Undo) -> list[int]:
    """The ids of the products that have their former values again."""
    now = {
        product.pk: product
        for product in _locked([before["id"] for before in note.before])
        if product.shop_id == note.shop_id
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


def forget() -> int:
    """Drop what is too old to be taken back; how many notes went."""
    return Undo.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
