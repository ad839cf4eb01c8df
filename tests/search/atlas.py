"""Two shops of mugs and lamps with a published build, to draw maps of."""

from catalog.models import Membership, Product
from search import builds, embeddings, pipeline, runtime
from search.maps import making
from search.maps.stored import StoredMap
from tests.shelves import add_product

SHAPES = ["small", "large", "round", "square", "tall", "flat", "old", "new", "fine", "plain"]
WORDS = {"mug": "ceramic coffee mug with handle", "lamp": "folding desk lamp with switch"}
CATEGORIES = {"mug": "Kitchen > Mugs", "lamp": "Home > Lamps"}


def stock(**others: str) -> dict[str, Product]:
    """Twenty of each by sku, `mug-00` to `lamp-19`, half of each shop; others : categories."""
    return {
        sku: add_product(
            sku,
            shop="acme" if number % 2 else "lights",
            title=f"{SHAPES[number % 10]} {WORDS[kind]} no {number}",
            category=others.get(sku.replace("-", "_"), CATEGORIES[kind]),
        )
        for kind in WORDS
        for number in range(20)
        for sku in [f"{kind}-{number:02}"]
    }


def publish() -> None:
    pipeline.fit_models()
    embeddings.refresh(product_ids=pipeline.stale_products())
    builds.publish_build(builds.build_index())
    runtime.forget()


def drawn() -> StoredMap:
    publish()
    return making.make()


def member(django_user_model, shop, *, name: str = "mia"):
    """Somebody who works for one shop alone."""
    user = django_user_model.objects.create_user(name, password="pw", is_staff=True)
    Membership.objects.create(user=user, shop=shop)
    return user
