"""SEARCH_BACKEND=milvus: the same lists, filters and live changes, by a real milvus-lite."""

from collections.abc import Callable

import pytest

from catalog.models import Product
from search import builds, pruning, recommend, runtime
from search.doubts import BuildRefused
from search.engine.index import calibration, milvus
from search.engine.index import folder as index_folder
from search.engine.index.milvus import MilvusError
from search.filters import Filters
from search.models import Build
from tests.shelves import add_picture, add_product

Lists = Callable[..., dict[str, list[str]]]


@pytest.fixture(scope="module")
def uri(tmp_path_factory) -> str:
    return str(tmp_path_factory.mktemp("milvus") / "site.db")


@pytest.fixture
def by_milvus(indexed, settings, uri) -> Build:
    """The shelf, built once more, searched by Milvus."""
    settings.SEARCH_BACKEND, settings.MILVUS_URI = "milvus", uri
    build = builds.build_index()
    builds.publish_build(build)
    return build


@pytest.fixture
def lists(shelf) -> Lists:
    def now(**filters: str) -> dict[str, list[str]]:
        runtime.refresh()
        return {
            sku: [
                each.product.sku
                for each in recommend.similar(product=product, filters=Filters.of(filters)).results
            ]
            for sku, product in shelf.items()
        }

    return now


def test_gives_the_lists_that_the_local_index_gives(indexed, lists, request):
    local = lists()

    build = request.getfixturevalue("by_milvus")

    assert lists() == local
    assert build.profile == "milvus"
    assert build.recall == 1.0
    assert not list(builds.folder_of(build).glob("*.faiss"))


def test_filters_and_live_changes_hold(by_milvus, lists, encode_all):
    Product.objects.filter(sku="cup-red").update(brand="Rare", price=3)
    Product.objects.filter(sku="lamp-red").update(published=False)
    newcomer = add_product("mug-ruby", title="Red ceramic mug, large")
    add_picture(newcomer, color="firebrick", size=(90, 60))
    encode_all()

    every = lists()

    assert lists(brand="rare")["mug-blue"] == ["cup-red"]
    assert every["mug-red"][0] == "mug-ruby"
    assert "lamp-red" not in every["lamp-blue"]


def test_a_rollback_goes_back_to_the_index_of_before(by_milvus, indexed, lists):
    of_milvus = lists()

    assert builds.rollback_build() == indexed
    assert lists() == of_milvus


def test_collections_that_no_build_needs_are_dropped(by_milvus, uri):
    client, of_first = milvus.connect(uri), builds.collection_of(builds.folder_of(by_milvus))
    client.create_collection("niteru_another_site_7", dimension=4)
    for _ in range(pruning.KEPT):
        builds.publish_build(builds.build_index())

    pruning.prune_builds()

    kept = {builds.collection_of(builds.folder_of(build)) for build in Build.objects.all()}
    left = set(client.list_collections())
    assert len(kept) == pruning.KEPT
    assert {"niteru_another_site_7", *kept} <= left
    assert of_first not in left
    client.drop_collection("niteru_another_site_7")


def test_a_build_that_fails_leaves_no_collection(by_milvus, uri, monkeypatch):
    monkeypatch.setattr(calibration, "PROMISED", 1.01)
    monkeypatch.setattr(index_folder, "LEAST_QUERIES", 1)
    before = set(milvus.connect(uri).list_collections())
    refused = builds.build_index()
    with pytest.raises(BuildRefused, match="set SEARCH_BACKEND=faiss"):
        builds.publish_build(refused)

    builds.fail(refused, "somebody has looked at it")

    assert set(milvus.connect(uri).list_collections()) == before


def test_a_search_that_the_server_refuses_is_told(by_milvus, shelf, uri, client):
    runtime.refresh()
    milvus.drop(milvus.connect(uri), builds.collection_of(builds.folder_of(by_milvus)))

    page = client.get(shelf["mug-red"].get_absolute_url())
    answer = client.get(f"/api/v1/products/{shelf['mug-red'].pk}/similar/")

    assert "be searched at the moment" in page.content.decode()
    assert answer.json()["fallback"] == "away"
    assert len(answer.json()["results"]) == len(shelf) - 1


def test_where_milvus_is_out_of_reach_the_build_before_is_served(by_milvus, indexed, settings):
    settings.MILVUS_URI = ""  # as where the server is gone, without the minute of waiting for it
    runtime.forget()

    serving = runtime.current()

    assert serving is not None
    assert serving.build == indexed.pk
    with pytest.raises(MilvusError, match="set MILVUS_URI"):
        runtime.folder_of(by_milvus)


def test_an_interrupted_build_of_another_backend_is_started_anew(indexed, settings, uri):
    def stop(step: object, share: float) -> None:
        if step == "index":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        builds.build_index(progress=stop)
    interrupted = Build.objects.latest("pk")
    settings.SEARCH_BACKEND, settings.MILVUS_URI = "milvus", uri

    assert builds.build_index() != interrupted
