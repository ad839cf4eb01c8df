"""The shops that a file's rows belong to, made where they are missing."""

import hashlib

from django.utils.text import slugify

from catalog.feeds.source import ShopFacts
from catalog.models import Shop

MAX_SLUG = 50
NO_FACTS = ShopFacts()


def slug_of(name: str) -> str:
    """A slug of letters and digits, also for a name that has none: `ショップ` -> shop-2f1c9b6e."""
    slug = slugify(name)[:MAX_SLUG].strip("-_")
    return slug or f"shop-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def slug_named(name: str) -> str:
    """The slug of the shop that `find_or_make` would give."""
    found = Shop.objects.filter(slug=name).values_list("slug", flat=True).first()
    return found or slug_of(name)


def find_or_make(name: str, *, facts: ShopFacts = NO_FACTS) -> Shop:
    """The shop of this slug or name; what a file says of it wins over what is known."""
    shop = (
        Shop.objects.filter(slug=name).first()
        or Shop.objects.get_or_create(
            slug=slug_of(name), defaults={"name": facts.name or name[:200]}
        )[0]
    )
    stated = {key: value for key, value in facts._asdict().items() if value}
    if any(getattr(shop, key) != value for key, value in stated.items()):
        Shop.objects.filter(pk=shop.pk).update(**stated)
        shop.refresh_from_db()
    return shop
