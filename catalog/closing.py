"""Categories and shops that go, with what is kept to bring them back."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from catalog import attached, categories, navigation, structure, undoing
from catalog.models import Category, Membership, Product, Shop, Undo
from catalog.people import Person
from catalog.undoing import Changed


def below(chosen: Iterable[Category]) -> QuerySet[Category]:
    """These categories and all under them."""
    some = Q(pk__in=[])
    for node in chosen:
        some |= Q(path__startswith=node.path)
    found: QuerySet[Category] = Category.objects.filter(some).order_by("path")
    return found


def remove_categories(*, chosen: Iterable[Category], by: Person | None) -> Changed:
    """Delete categories with all under them; their products stay, and are in none."""
    going = below(list(chosen))
    batch = uuid.uuid4()
    emptied = undoing.empty(products=Product.objects.filter(category__in=going), batch=batch, by=by)
    with transaction.atomic():
        categories.take_turn()
        nodes = list(going.select_for_update())
        kept = structure.categories_as_kept(nodes, navigation.names_by_path())
        along = attached.going_with(Category, [node.pk for node in nodes])
        _note(batch, Undo.Kind.CATEGORY, kept, along, by)
        Category.objects.filter(pk__in=[node.pk for node in nodes]).delete()
    return emptied


@transaction.atomic
def remove_shop(*, shop: Shop, by: Person | None) -> Changed:
    """Delete a shop that has no products any more."""
    batch = uuid.uuid4()
    shop = Shop.objects.select_for_update().get(pk=shop.pk)
    along: list[QuerySet[Any]] = [Membership.objects.filter(shop=shop).order_by("pk")]
    along += attached.going_with(Shop, [shop.pk])
    _note(batch, Undo.Kind.SHOP, [structure.shop_as_kept(shop)], along, by)
    shop.delete()
    return Changed(batch, 0)


def _note(
    batch: uuid.UUID,
    kind: Undo.Kind,
    kept: list[dict[str, Any]],
    along: Iterable[QuerySet[Model]],
    by: Person | None,
) -> None:
    Undo.objects.create(
        batch=batch,
        kind=kind,
        by_id=by.pk if by else None,
        before=kept,
        attached=attached.as_kept(along),
    )
