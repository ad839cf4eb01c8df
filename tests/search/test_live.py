"""What changes after a build is served within a poll, with no new build."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from catalog.models import Product
from search import builds, changes, embeddings, recommend, runtime, spaces
from search.engine import artifacts
from search.engine.index import folder as index_folder
from tests.shelves import add_picture, add_product


def similar_skus(product: Product) -> list[str]:
    runtime.refresh()
    return [found.product.sku for found in recommend.similar(product=product).results]


@pytest.fixture
def newcomer(indexed, encode_all) -> Product:
    """A product that came after the build, and is the nearest thing to the red mug."""
    product = add_product("mug-ruby", title="Red ceramic mug, large")
    add_picture(product, color="firebrick", size=(90, 60))
    encode_all()
    return product


def test_a_new_product_is_recommended_and_has_recommendations(newcomer, shelf):
    assert similar_skus(shelf["mug-red"])[0] == "mug-ruby"
    assert similar_skus(newcomer)[0] == "mug-red"


def test_a_product_not_encoded_yet_is_not_recommended(indexed, shelf):
    late = add_product("late", title="Red ceramic mug")

    assert "late" not in similar_skus(shelf["mug-red"])
    assert recommend.similar(product=late).state == "waiting"


def test_a_deleted_product_disappears(indexed, shelf):
    assert "cup-red" in similar_skus(shelf["mug-red"])

    shelf["cup-red"].delete()

    assert "cup-red" not in similar_skus(shelf["mug-red"])


def test_a_newcomer_that_is_deleted_disappears(newcomer, shelf):
    assert "mug-ruby" in similar_skus(shelf["mug-red"])

    newcomer.delete()

    assert "mug-ruby" not in similar_skus(shelf["mug-red"])


def test_an_unpublished_product_disappears_and_comes_back(indexed, shelf):
    Product.objects.filter(sku="cup-red").update(published=False)
    hidden = similar_skus(shelf["mug-red"])

    Product.objects.filter(sku="cup-red").update(published=True)
    shown = similar_skus(shelf["mug-red"])

    assert "cup-red" not in hidden
    assert "cup-red" in shown


def test_a_transaction_that_reads_between_its_writes_misses_none(
    transactional_db, indexed, shelf, another_session
):
    with transaction.atomic():
        Product.objects.filter(sku="cup-red").update(published=False)
        another_session.execute("SELECT pg_current_xact_id()")
        another_session.commit()
        hidden = similar_skus(shelf["mug-red"])

        Product.objects.filter(sku="cup-red").update(published=True)
        shown = similar_skus(shelf["mug-red"])

    assert "cup-red" not in hidden
    assert "cup-red" in shown


def test_a_process_that_lost_the_database_for_a_while_catches_up(
    transactional_db, indexed, shelf, another_session
):
    assert "cup-red" in similar_skus(shelf["mug-red"])
    with connection.cursor() as sql:
        sql.execute("SELECT pg_backend_pid()")
        (own,) = sql.fetchone()
    another_session.execute("SELECT pg_terminate_backend(%s, 5000)", [own])
    another_session.execute("UPDATE catalog_product SET published = false WHERE sku = 'cup-red'")
    another_session.commit()
    with pytest.raises(DatabaseError):
        runtime.refresh()

    connection.close()  # as at the end of the request that failed

    assert "cup-red" not in similar_skus(shelf["mug-red"])


def test_a_product_unpublished_by_raw_sql_disappears(indexed, shelf):
    similar_skus(shelf["mug-red"])

    with connection.cursor() as sql:
        sql.execute("UPDATE catalog_product SET published = false WHERE sku = 'cup-red'")

    assert "cup-red" not in similar_skus(shelf["mug-red"])


def test_a_changed_product_moves_to_its_new_neighbours(indexed, shelf, encode_all):
    cup = shelf["cup-red"]
    assert similar_skus(cup)[0] != "lamp-blue"

    cup.title = "Blue desk lamp"
    cup.save()
    cup.images.all().delete()
    add_picture(cup, color="mediumblue")
    encode_all()

    assert similar_skus(cup)[0] == "lamp-blue"
    assert similar_skus(shelf["lamp-blue"])[0] == "cup-red"


def test_a_change_without_a_new_vector_takes_no_room(indexed, shelf, serving):
    Product.objects.update(price=5)

    assert len(serving().live.ids) == 0


def test_vectors_of_another_space_are_nothing_to_catch_up_with(
    transactional_db, indexed, serving, settings
):
    before = serving()
    settings.TEXT_FIELDS = ["title", "color"]
    other = spaces.lexical_space()

    embeddings.write(other, embeddings.encode(other, before.folder.ids.tolist()))

    every = [*before.space_ids, other.pk]
    assert changes.since(before.cursor, spaces=before.space_ids).product_ids == []
    assert len(changes.since(before.cursor, spaces=every).product_ids) == len(before.folder.ids)


def test_switches_to_a_newly_published_build(newcomer, shelf, serving):
    assert len(serving().live.ids) == 1

    builds.publish_build(builds.build_index())

    after = serving()
    assert (len(after.live.ids), len(after.folder.ids)) == (0, len(shelf) + 1)
    assert similar_skus(shelf["mug-red"])[0] == "mug-ruby"


def test_a_transaction_that_commits_late_is_not_missed(another_session, indexed, shelf):
    another_session.execute("UPDATE catalog_product SET published = false WHERE sku = 'cup-red'")
    # Later transactions commit, and are read, while the slow one is still open.
    Product.objects.filter(sku="lamp-red").update(published=False)
    during = similar_skus(shelf["mug-red"])

    another_session.commit()

    after = similar_skus(shelf["mug-red"])
    assert "cup-red" in during and "lamp-red" not in during
    assert "cup-red" not in after


def test_a_database_set_back_in_time_is_compared_product_by_product(indexed, shelf):
    Product.objects.filter(sku="cup-red").update(published=False)
    change_cursor(indexed, log=changes.cursor().log, snapshot=f"{2**40 + 3}:{2**40 + 3}:")

    assert "cup-red" not in similar_skus(shelf["mug-red"])


def test_a_restored_database_is_compared_product_by_product(indexed, shelf):
    Product.objects.filter(sku="cup-red").update(published=False)
    # The build was made in a cluster whose transactions had far higher numbers.
    change_cursor(indexed, log="another", snapshot=f"{2**40 + 3}:{2**40 + 3}:")

    assert "cup-red" not in similar_skus(shelf["mug-red"])
    assert "lamp-red" in similar_skus(shelf["mug-red"])


def test_a_dump_restored_beneath_a_running_process_is_compared_product_by_product(
    transactional_db, indexed, shelf, serving
):
    before = serving()
    with connection.cursor() as sql:
        # What `pg_restore --clean` does: no trigger fires, and the log is another table.
        sql.execute("ALTER TABLE catalog_product DISABLE TRIGGER USER")
        sql.execute("UPDATE catalog_product SET published = false WHERE sku = 'cup-red'")
        sql.execute("ALTER TABLE catalog_product ENABLE TRIGGER USER")
        sql.execute("CREATE TABLE another (LIKE search_change INCLUDING ALL)")
        sql.execute("DROP TABLE search_change")
        sql.execute("ALTER TABLE another RENAME TO search_change")

    assert "cup-red" not in similar_skus(shelf["mug-red"])

    after = serving()
    assert after.build == before.build and after.cursor.follows(after.cursor)
    Product.objects.filter(sku="lamp-red").update(published=False)
    assert "lamp-red" not in similar_skus(shelf["mug-red"])


def test_nothing_is_read_twice_while_a_transaction_stays_open(another_session, indexed, serving):
    another_session.execute("UPDATE catalog_product SET published = true WHERE sku = 'cup-red'")
    Product.objects.filter(sku="lamp-red").update(published=False)

    cursor = serving().cursor

    assert changes.since(cursor, spaces=[]).product_ids == []
    another_session.commit()
    late = Product.objects.get(sku="cup-red").pk
    assert changes.since(cursor, spaces=[]).product_ids == [late]


def change_cursor(build, **cursor: object) -> None:
    folder = builds.folder_of(build)
    manifest = json.loads((folder / artifacts.MANIFEST).read_text())
    artifacts.seal(
        folder,
        kind=index_folder.KIND,
        version=index_folder.VERSION,
        files=manifest["files"],
        facts={**manifest["facts"], "cursor": cursor},
    )


@pytest.mark.parametrize("count", [1, 2, 30])
def test_an_empty_catalogue_serves_its_first_products(db, encode_all, count):
    builds.start_empty()
    products = [
        add_product(f"p{number}", title=f"Paper lantern {number}") for number in range(count)
    ]
    for product in products:
        add_picture(product, color="gold", size=(60, 40 + product.pk % 7))

    encode_all()

    assert len(similar_skus(products[-1])) == min(count - 1, 10)
    assert len(similar_skus(products[0])) == min(count - 1, 10)


def test_a_damaged_newer_build_leaves_the_older_one_in_service(indexed, shelf, serving):
    newer = builds.build_index()
    builds.publish_build(newer)
    serving_before = similar_skus(shelf["mug-red"])
    newest = builds.build_index()
    builds.publish_build(newest)

    (builds.folder_of(newest) / "manifest.json").write_text("{")

    assert similar_skus(shelf["mug-red"]) == serving_before
    assert serving().build == newer.pk
    runtime.forget()
    assert serving().build == newer.pk
    Product.objects.filter(sku=serving_before[0]).update(published=False)
    assert serving_before[0] not in similar_skus(shelf["mug-red"])


def test_says_when_nothing_can_be_served(db):
    assert runtime.status()["state"] == "degraded"
    assert "reindex" in runtime.status()["reason"]
