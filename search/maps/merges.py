"""Products that are there more than once: one stays, the others are hidden and can come back."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog import products
from catalog.models import Product, Shop
from search.maps.sight import open_to
from search.maps.stored import StoredMap
from search.models import Different, Merge


class MergeError(Exception):
    """What can't be merged; the message is for whoever asked."""


@dataclass(frozen=True)
class Group:
    """Products that are one thing; of one shop, or of several, which then is nobody's fault."""

    products: list[Product]
    across: bool


def waiting(found: StoredMap, shops: QuerySet[Shop], *, across: bool) -> list[list[int]]:
    """Groups to look at, as product ids: within one of these shops, or across shops.

    Hidden products were dealt with. Across shops one of theirs is among them at least.
    """
    ids = found.arrays.repeats.tolist()
    rows = Product.objects.published().filter(pk__in=ids)
    shop_of = dict(rows.values_list("pk", "shop"))
    mine = set(shops.values_list("pk", flat=True))
    apart = set(Different.objects.filter(one__in=ids).values_list("one_id", "other_id"))
    groups: dict[tuple[int, int], list[int]] = {}
    for pk, group in zip(ids, found.arrays.repeat_groups.tolist(), strict=True):
        if pk in shop_of:
            groups.setdefault((group, 0 if across else shop_of[pk]), []).append(pk)
    return [
        group
        for group in groups.values()
        if len(group) > 1
        and any(shop_of[pk] in mine for pk in group)
        and (not across or len({shop_of[pk] for pk in group}) > 1)
        and any(pair not in apart for pair in combinations(sorted(group), 2))
    ]


def told(groups: Sequence[Sequence[int]], shops: QuerySet[Shop], *, across: bool) -> list[Group]:
    every = [pk for group in groups for pk in group]
    seen = open_to(shops).for_cards().in_bulk(every)
    found = ([seen[pk] for pk in group if pk in seen] for group in groups)
    return [Group(each, across) for each in found if len(each) > 1]


def merge(*, kept: Product, others: Sequence[Product], by: User) -> int:
    """Hide others behind one of the same shop; how many were hidden. Nothing of them is lost.

    Raises MergeError where one is of another shop, or the one that stays is hidden itself.
    """
    if not kept.published:
        raise MergeError(_("The product that stays is hidden itself; show it to shoppers first."))
    if any(other.shop_id != kept.shop_id for other in others):
        raise MergeError(_("Products of different shops are not merged."))
    hidden = [other for other in others if other.pk != kept.pk]
    ids = [other.pk for other in hidden]
    with transaction.atomic():
        Merge.objects.filter(hidden__in=ids).delete()
        Merge.objects.bulk_create([Merge(kept=kept, hidden=other, by=by) for other in hidden])
        return products.unpublish(products=Product.objects.filter(pk__in=ids))


def undo(*, merge: Merge) -> None:
    """Show again what was hidden."""
    with transaction.atomic():
        products.publish(products=Product.objects.filter(pk=merge.hidden_id))
        merge.delete()


def part(*, group: Sequence[Product], by: User) -> None:
    """Keep it that these are different things, so that they are not listed again."""
    pairs = combinations(sorted(product.pk for product in group), 2)
    Different.objects.bulk_create(
        [Different(one_id=one, other_id=other, by=by) for one, other in pairs],
        ignore_conflicts=True,
    )
