"""Products without a picture, or without words, among others that have both."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from catalog.models import Product, Shop
from search import builds, changes, embeddings, pipeline, recommend, runtime
from search.engine.index.folder import IndexFolder
from search.models import Build, Space
from tests.search.market import (
    KINDS,
    NO_PICTURE,
    NO_WORDS,
    OF_EACH,
    add,
    kind_of,
    lacks_picture,
    lacks_words,
    photograph,
    serve,
    stock,
)

OTHERS_OF_KIND = OF_EACH - 1


@pytest.fixture(scope="module")
def opened_once(
    django_db_setup, django_db_blocker, tmp_path_factory, artifacts_dir
) -> Iterator[tuple[Path, list[int]]]:
    """Where builds and pictures are, and the products.

    One build for the whole file, since encoding 160 pictures takes its time.
    """
    files: Path = tmp_path_factory.mktemp("market")
    places = {
        "MEDIA_ROOT": files / "media",
        "BUILDS_DIR": files / "builds",
        "ARTIFACTS_DIR": artifacts_dir,
    }
    with django_db_blocker.unblock(), override_settings(**places):
        products = [product.pk for product in stock().values()]
        serve()
    yield files, products
    with django_db_blocker.unblock():
        for rows in (Build, Space, Product, Shop):
            rows.objects.all().delete()
        changes.forget_before(changes.cursor().xmin)


@pytest.fixture
def market(opened_once, db, settings) -> dict[str, Product]:
    """The products by sku, published; what a test changes is undone after it."""
    files, products = opened_once
    settings.MEDIA_ROOT, settings.BUILDS_DIR = files / "media", files / "builds"
    return {product.sku: product for product in Product.objects.filter(pk__in=products)}


@pytest.fixture
def build(market) -> IndexFolder:
    return IndexFolder(builds.folder_of(Build.objects.get()))


@pytest.fixture
def export(market, tmp_path):
    """Lines of export_similar, made by exact search."""

    def run(*arguments: str) -> list[dict[str, str]]:
        out = tmp_path / "similar.csv"
        call_command("export_similar", "--exact", "--out", str(out), *arguments, stdout=StringIO())
        return list(csv.DictReader(StringIO(out.read_text(encoding="utf-8"))))

    return run


def similar(product: Product, *, k: int = 10, **mix: float) -> list[recommend.Neighbour]:
    runtime.refresh()
    return recommend.similar(product=product, k=k, mix=mix or None).results


def encode_now() -> None:
    embeddings.refresh(product_ids=pipeline.stale_products())


def share(lines: list[dict[str, str]], lacks) -> float:
    return sum(lacks(line["similar_sku"]) for line in lines) / len(lines)


def test_pictures_and_words_that_agree_are_aligned(build):
    assert {block.signal for block in build.blocks} == {"image", "text", "aligned"}
    assert build.weights["aligned"] > 0
    assert build.facts["alignment"]["gain"] > 0


def test_every_product_has_a_full_list_of_its_own_kind(export):
    lines = export("--k", "10")

    for lacks in (lacks_picture, lacks_words, lambda sku: True):
        mine = [line for line in lines if lacks(line["sku"])]
        right = [kind_of(line["sku"]) == kind_of(line["similar_sku"]) for line in mine]
        assert sum(right) / len(right) > 0.9
    assert len(lines) == 10 * len(KINDS) * OF_EACH


@pytest.mark.parametrize("lacks", [lacks_picture, lacks_words])
def test_what_lacks_a_signal_is_not_buried_under_other_kinds(export, lacks):
    lines = export("--k", str(OTHERS_OF_KIND))

    expected = len(NO_PICTURE) / OF_EACH
    assert share(lines, lacks) > 0.8 * expected


def test_an_absent_signal_has_an_empty_score_in_the_export(export):
    lines = export("--k", str(OTHERS_OF_KIND))

    for line in lines:
        pair = (line["sku"], line["similar_sku"])
        assert (line["image_score"] == "") == any(lacks_picture(sku) for sku in pair)
        assert (line["text_score"] == "") == any(lacks_words(sku) for sku in pair)


@pytest.mark.parametrize(("sku", "field"), [("mug-03", "image_score"), ("mug-07", "text_score")])
def test_an_absent_signal_is_null_in_the_api(market, client, sku, field):
    answer = client.get(f"/api/v1/products/acme:{sku}/similar/", {"k": OTHERS_OF_KIND})

    results = answer.json()["results"]
    assert len(results) == OTHERS_OF_KIND
    assert {result[field] for result in results} == {None}
    lacks = lacks_words if field == "image_score" else lacks_picture
    other = "text_score" if field == "image_score" else "image_score"
    for result in results:
        assert (result[other] is None) == lacks(result["product"]["sku"])


def test_photos_find_products_of_their_kind_that_have_words_only(market):
    for kind in KINDS:
        photo = market[f"{kind}-{NO_WORDS[0]:02}"]

        found = [n.product.sku for n in similar(photo, k=100) if lacks_picture(n.product.sku)]

        assert {kind_of(sku) for sku in found[: len(NO_PICTURE)]} == {kind}


def test_words_find_products_of_their_kind_that_have_a_picture_only(market):
    for kind in KINDS:
        worded = market[f"{kind}-{NO_PICTURE[0]:02}"]

        found = [n.product.sku for n in similar(worded, k=100) if lacks_words(n.product.sku)]

        assert {kind_of(sku) for sku in found[: len(NO_WORDS)]} == {kind}


def test_the_aligned_signal_alone_joins_pictures_and_words(market):
    photo = market[f"boot-{NO_WORDS[0]:02}"]

    found = [n.product.sku for n in similar(photo, k=OTHERS_OF_KIND, aligned=1.0)]

    right = sum(kind_of(sku) == "boot" for sku in found)
    assert right > 0.8 * OTHERS_OF_KIND


def test_a_page_has_no_list_by_a_signal_that_was_only_predicted(market):
    runtime.refresh()
    by_picture = recommend.similar(product=market["mug-03"], mix={"image": 1})
    by_words = recommend.similar(product=market["mug-07"], mix={"text": 1})

    assert by_picture.state == by_words.state == recommend.State.BARE


def test_the_export_has_no_list_by_a_signal_that_was_only_predicted(export):
    lines = export("--k", "5", "--mix", "image:1")

    listed = {line["sku"] for line in lines}
    assert not any(lacks_picture(sku) for sku in listed)
    assert len(listed) == len(KINDS) * (OF_EACH - len(NO_PICTURE))


@pytest.mark.parametrize("words", [True, False])
def test_a_newcomer_with_one_signal_is_listed_and_has_a_list_before_the_next_build(market, words):
    newcomer = add("vase", 30, words=words)
    if not words:
        photograph(newcomer, "vase")

    encode_now()

    mine = similar(newcomer)
    assert [kind_of(n.product.sku) for n in mine] == ["vase"] * 10
    assert {n.image_score if words else n.text_score for n in mine} == {None}
    theirs = [
        newcomer.sku in {n.product.sku for n in similar(product, k=OF_EACH)}
        for sku, product in market.items()
        if kind_of(sku) == "vase"
    ]
    assert sum(theirs) > 0.8 * len(theirs)


def test_a_product_that_loses_its_picture_stays_among_its_kind(market):
    lamp = market["lamp-05"]
    lamp.images.all().delete()

    encode_now()

    mine = similar(lamp)
    assert {n.image_score for n in mine} == {None}
    assert [kind_of(n.product.sku) for n in mine] == ["lamp"] * 10


def test_predictions_made_for_an_unchanged_product_are_those_of_the_build(market):
    Product.objects.update(price=5)
    runtime.refresh()

    serving = runtime.current()

    assert serving is not None
    assert len(serving.live.ids) == 0


def test_weights_that_an_operator_sets_win_and_leave_out_what_he_left_out(market, settings):
    settings.FUSION_WEIGHTS = {"image": 0.25, "text": 0.75}

    rebuilt = IndexFolder(builds.folder_of(builds.build_index()))

    assert rebuilt.weights == {"image": 0.25, "text": 0.75}
    assert {block.signal for block in rebuilt.blocks} == {"image", "text"}
    assert rebuilt.transform.alignment is None


def test_the_same_catalogue_gives_the_same_files(build):
    first = builds.folder_of(Build.objects.get())

    again = builds.folder_of(builds.build_index())

    for path in sorted(first.glob("*.npy")):
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_the_reason_names_words_of_the_titles_that_both_go_with(market):
    product = next(
        p for p in market.values() if not lacks_words(p.sku) and not lacks_picture(p.sku)
    )

    best = recommend.similar(product=product, k=1).results[0]

    aligned = next(reason for reason in best.why if reason.signal == "aligned")
    told = f"{product.title} {best.product.title}".lower()
    assert aligned.words and all(word in told for word in aligned.words)
    assert sum(reason.share for reason in best.why) == pytest.approx(1)


def test_pictures_alone_are_told_without_words(market):
    product = next(
        p for p in market.values() if not lacks_words(p.sku) and not lacks_picture(p.sku)
    )

    best = recommend.similar(product=product, k=1, mix={"image": 1.0}).results[0]

    assert [(reason.signal, reason.words) for reason in best.why] == [("image", [])]
