"""A build is measured beside the served one before it is published, and refused if much worse."""

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from catalog.models import Product, Shop
from search import builds, embeddings, judging, pipeline, pruning, runtime, spaces, verifying
from search.doubts import BuildRefused
from search.judging import Figures
from search.models import Build, Embedding, Space
from tests.search.conftest import published

KINDS = ("mug", "lamp", "boot", "scarf")
OF_EACH = 30


@pytest.fixture
def served(db) -> Build:
    """A published build of 120 products, each with words and the vector of a picture."""
    shop = Shop.objects.create(slug="acme", name="Acme")
    Product.objects.bulk_create(
        Product(shop=shop, sku=f"{kind}-{n:02}", title=f"A {kind} of size {n}", published=True)
        for kind in KINDS
        for n in range(OF_EACH)
    )
    spaces.lexical_space()
    embeddings.refresh(product_ids=pipeline.stale_products(signal="text"), signal="text")
    show(spaces.picture_space(), pictures=len(KINDS) * OF_EACH)
    build = builds.build_index()
    builds.publish_build(build)
    return build


def show(space: Space, *, pictures: int) -> None:
    """Give the first so many products a vector by which each kind is a crowd."""
    rng = np.random.default_rng(0)
    places = {kind: rng.normal(size=space.dimension) for kind in KINDS}
    Embedding.objects.bulk_create(
        Embedding(
            space=space,
            product=product,
            source_digest="seen",
            vector=(np.abs(places[product.sku[:-3]] + rng.normal(size=space.dimension)) / 40)
            .astype("<f2")
            .tobytes(),
        )
        for product in Product.objects.order_by("?")[:pictures]
    )


def built_with(pictures: int) -> Build:
    """A build by another picture encoder, which could read so many of the pictures."""
    image = Space.objects.get(signal="image")
    other = Space.objects.create(
        slug="picture/other",
        signal="image",
        dimension=image.dimension,
        parts=image.parts,
        artifact=image.artifact,
    )
    show(other, pictures=pictures)
    return builds.build_index()


def test_a_build_that_has_lost_pictures_is_kept_and_not_published(served):
    worse = built_with(pictures=90)

    with pytest.raises(BuildRefused, match=r"0\.750 have a picture in it, 1\.000"):
        verifying.verify(worse)

    worse.refresh_from_db()
    assert worse.doubts and worse.state == "ready"
    assert worse.figures["served"]["pictures"] == 1
    with pytest.raises(BuildRefused, match="--anyway"):
        builds.publish_build(worse)
    with pytest.raises(CommandError, match="have a picture"):
        call_command("publish_build", str(worse.pk))
    assert published() == served


def test_a_refused_build_outlasts_pruning_and_can_be_published_anyway(served):
    worse = built_with(pictures=90)
    with pytest.raises(BuildRefused):
        verifying.verify(worse)

    pruning.prune_builds(keep=1)
    call_command("publish_build", str(worse.pk), "--anyway", stdout=StringIO())

    assert published() == worse


def test_a_build_that_has_lost_few_is_not_refused(served):
    build = built_with(pictures=115)

    verifying.verify(build)

    assert build.doubts == []
    assert build.figures["new"]["covered"] == 1


def test_what_was_deleted_or_hidden_is_not_held_against_a_build(served):
    Product.objects.filter(sku__startswith="mug").delete()
    Product.objects.filter(sku__startswith="lamp").update(published=False)

    build = builds.build_index()
    verifying.verify(build)

    assert build.doubts == []
    assert build.figures["new"]["products"] == build.figures["served"]["products"] == 2 * OF_EACH


def test_new_products_without_a_picture_are_not_held_against_a_build(served):
    shop = Shop.objects.get()
    words = Space.objects.get(signal="text")
    Product.objects.bulk_create(
        Product(shop=shop, sku=f"new-{n:02}", title=f"A novelty of size {n}") for n in range(60)
    )
    Space.objects.create(
        slug="words/newer", signal="text", dimension=words.dimension, fields=words.fields
    )
    # As where the served build's encoder is of an earlier release, and can't encode any more.
    newer = Space.objects.get(slug="words/newer")
    for row in Product.objects.all():
        known = words.embeddings.filter(product=row).first() or words.embeddings.first()
        assert known is not None
        Embedding.objects.create(
            space=newer, product=row, source_digest=row.text_digest, vector=known.vector
        )
    build = builds.build_index()

    verifying.verify(build)

    assert build.figures["new"]["products"] == build.figures["served"]["products"] + 60


def test_files_that_are_not_what_was_measured_are_noticed(served):
    new = builds.build_index()
    path = builds.folder_of(new) / "vectors.npy"
    rows = np.load(path)
    np.save(path, np.random.default_rng(0).permuted(rows, axis=1))

    with pytest.raises(BuildRefused, match="opened again, it finds 0"):
        verifying.verify(new)


def test_an_equal_build_agrees_in_all(served):
    new = builds.build_index()

    verifying.verify(new)

    assert new.figures["new"] == {**new.figures["served"], "agreed": 1.0}


USUAL = Figures(
    products=1000,
    covered=1.0,
    pictures=0.9,
    words=1.0,
    queries=200,
    recall=1.0,
    variety=0.6,
    alike=0.8,
)


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ({"products": 899}, "899 products where the served build finds 1,000"),
        ({"pictures": 0.79}, "0.790 have a picture in it, 0.900"),
        ({"words": 0.89}, "0.890 have words in it, 1.000"),
        ({"recall": 0.94}, "it finds 0.940 of the nearest, the served build 1.000"),
        ({"variety": 0.29}, "0.290 of what it lists are different products, 0.600"),
        ({"alike": 0.69}, "0.690 of neighbours are of the same category, 0.800"),
    ],
    ids=str,
)
def test_each_figure_that_is_much_worse_is_told(lost, told):
    found = judging.beside(replace(USUAL, **lost), USUAL)

    assert len(found) == 1
    assert told in found[0][0] % found[0][1]


def test_what_moves_from_night_to_night_is_not_held_against_a_build():
    moved = replace(
        USUAL, products=905, pictures=0.81, words=0.91, recall=0.951, variety=0.31, alike=0.71
    )

    assert judging.beside(moved, USUAL) == []


def test_by_few_products_luck_decides_and_lists_tell_nothing():
    few = replace(USUAL, queries=20, recall=0.5, variety=0.1, alike=0.1)

    assert judging.beside(few, USUAL) == []
    assert judging.of_itself(few) == []


def test_what_came_while_it_was_verified_is_no_fault_of_a_build(served):
    serving = runtime.caught_up(runtime.opened(served))

    late = Product.objects.create(shop=Shop.objects.get(), sku="late", title="A mug of size 31")
    embeddings.refresh(product_ids=[late.pk], signal="text")

    assert verifying.covered(serving) == 1


@pytest.mark.django_db(transaction=True)  # or all would count as changed since the build
def test_what_a_build_lacks_is_missed_though_more_came_meanwhile(served):
    serving = runtime.opened(served)
    serving.live.base[:6] = False

    Product.objects.create(shop=Shop.objects.get(), sku="late", title="A mug of size 31")

    assert verifying.covered(serving) == 0.95
