"""A catalogue of two shops that rules can be about, and rules in few words."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Category, Membership, Product, Shop
from search import builds, embeddings, pipeline, recommend, runtime
from search.models import Rule
from tests.shelves import add_picture, add_product


class Offer(NamedTuple):
    sku: str
    shop: str
    title: str
    color: str
    category: str
    brand: str
    price: int


OFFERS = [
    Offer("mug-red", "acme", "Red ceramic mug", "firebrick", "Kitchen > Mugs", "Norvik", 10),
    Offer("mug-blue", "acme", "Blue ceramic mug", "royalblue", "Kitchen > Mugs", "Norvik", 20),
    Offer("mug-green", "acme", "Green stone mug", "seagreen", "Kitchen > Mugs", "Halden", 30),
    Offer("cup-red", "acme", "Red tea cup", "crimson", "Kitchen > Cups", "Halden", 40),
    Offer("lamp-blue", "acme", "Blue desk lamp", "mediumblue", "Lights", "Brisco", 50),
    Offer("lamp-red", "toys", "Red reading light", "darkred", "Lights", "Brisco", 60),
    Offer("cup-toy", "toys", "Tiny red cup", "tomato", "Kitchen > Cups", "Tamura", 70),
    Offer("mug-toy", "toys", "Tiny blue mug", "dodgerblue", "Kitchen > Mugs", "Tamura", 80),
]


def stock() -> dict[str, Product]:
    """Eight products by sku, with a picture each, published in an index."""
    products = {}
    for offer in OFFERS:
        facts = offer._asdict()
        color = facts.pop("color")
        products[offer.sku] = add_product(facts.pop("sku"), **facts)
        add_picture(products[offer.sku], color=color)
    pipeline.fit_models()
    embeddings.refresh(product_ids=pipeline.stale_products())
    builds.publish_build(builds.build_index())
    runtime.forget()
    return products


def shop(slug: str) -> Shop:
    return Shop.objects.get(slug=slug)


def category(name: str) -> Category:
    return Category.objects.get(name=name)


def rule(kind: str, **fields: Any) -> Rule:
    """A rule for all lists, or where `scope_…` says so; what it moves is told by `target_…`.

    A product is named by its sku.
    """
    for prefix in ("scope", "target"):
        if sku := fields.get(f"{prefix}_product"):
            fields[f"{prefix}_product"] = Product.objects.get(sku=sku)
        for said in [name for name in fields if name.startswith(f"{prefix}_")]:
            fields[prefix] = said.split("_")[1]
    defaults = {"position": 1} if kind == "pin" else {}
    if kind in ("boost", "bury"):
        defaults = {"strength": 100}
    made = Rule.objects.create(kind=kind, **{**defaults, **fields})
    runtime.refresh()
    return made


def clerk_of(slug: str) -> Client:
    clerk = User.objects.create_user(f"clerk of {slug}", is_staff=True)
    Membership.objects.create(user=clerk, shop=shop(slug))
    client = Client()
    client.force_login(clerk)
    return client


def form(products: dict[str, Product], **fields: Any) -> dict[str, Any]:
    """What the form sends to pin the red cup in all lists of acme, but for what is said."""
    said = {
        "shop": shop("acme").pk,
        "kind": "pin",
        "position": 1,
        "scope": "all",
        "target": "product",
        "target_product": products["cup-red"].pk,
        "active": "on",
        **fields,
    }
    return {name: value for name, value in said.items() if value is not None}


def similar(sku: str, **options: Any) -> list[str]:
    """What is similar to this product, by sku."""
    found = recommend.similar(product=Product.objects.get(sku=sku), **options)
    return [neighbour.product.sku for neighbour in found.results]


def among(skus: list[str], others: set[str]) -> list[int]:
    """The positions of those, from 0."""
    return [at for at, sku in enumerate(skus) if sku in others]


def skus() -> Iterator[str]:
    return (offer.sku for offer in OFFERS)
