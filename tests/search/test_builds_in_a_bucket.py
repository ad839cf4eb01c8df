"""A build goes from the machine that made it to all others, by way of a bucket."""

import io
import shutil
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from catalog.models import Product
from search import builds, delivery, depot, embeddings, pipeline, runtime
from search.depot import DepotError
from search.engine import artifacts
from search.models import Build, Embedding
from tests.search.machines import (
    asked,
    first,
    key_of,
    publish_another,
    resealed,
    second,
    serve,
    two,
)
from tests.shelves import add_picture, add_product, picture_bytes

__all__ = ["first", "second", "two"]

COLOURS = {"red": "firebrick", "blue": "royalblue", "green": "seagreen", "white": "ivory"}
KINDS = ["mug", "cup", "lamp", "chair", "table"]


@pytest.fixture
def goods(db, monkeypatch) -> list[Product]:
    """Twenty products, counted as enough to learn from; some have a picture."""
    monkeypatch.setattr(pipeline, "LEAST_DOCUMENTS", 20)
    found = [
        add_product(f"{kind}-{colour}", title=f"{colour} {kind}")
        for colour in COLOURS
        for kind in KINDS
    ]
    for product, colour in zip(found, COLOURS.values(), strict=False):
        add_picture(product, color=colour)
    return found


def test_another_machine_gives_the_same_lists_to_the_byte(first, second, goods, client):
    def lists() -> list[bytes]:
        paths = [f"/api/v1/products/{product.pk}/similar/?k=5" for product in goods]
        photo = SimpleUploadedFile("p.png", picture_bytes(color="teal"))
        answers = [client.get(path) for path in [*paths, "/api/v1/search/?q=red+mug"]]
        answers.append(client.post("/api/v1/search/image/", {"image": photo}))
        return [answer.content for answer in answers]

    pipeline.fit_models()
    embeddings.refresh(product_ids=pipeline.stale_products())
    build = publish_another()
    here = lists()

    second.enter()
    serve(build)

    assert b'"results":[{' in here[0]
    assert lists() == here
    assert runtime.status()["state"] == "ok"
    theirs = {path.name for path in second.artifacts_dir.iterdir() if path.is_dir()}
    assert theirs == {space.artifact for space in build.spaces.all()}


def test_a_worker_elsewhere_encodes_before_anything_is_published(first, second, goods):
    spaces = pipeline.fit_models()
    second.enter()

    embeddings.refresh(product_ids=pipeline.stale_products())

    words = Embedding.objects.filter(space=spaces[1])
    assert words.count() == len(goods)


def test_without_a_bucket_nothing_is_noted_for_others(indexed):
    assert indexed.digest == ""
    assert not delivery.is_awaited(indexed)


def test_damaged_objects_are_refused_while_the_old_build_goes_on(
    two, first, second, bucket, caplog
):
    old, newer = two
    with first.meanwhile():
        hostile = resealed(newer)
    damages = [
        ("vectors.npy", lambda content: content[:-1] + bytes([content[-1] ^ 1])),
        ("vectors.npy", lambda content: content[:-100]),
        ("vectors.npy", None),
        ("manifest.json", lambda content: content.replace(b'"weights"', b'"waits"')),
        ("manifest.json", lambda content: content[:-100]),
        ("manifest.json", lambda content: hostile),
        ("manifest.json", None),
    ]
    for name, damage in damages:
        key = key_of(bucket, newer, name)
        found = bucket.get(key)
        content = found["Body"].read()
        if damage:
            bucket.put(key, damage(content), Metadata=found["Metadata"])
        else:
            bucket.client.delete_object(Bucket=bucket.name, Key=key)
        caplog.clear()
        delivery.forget()  # or half a minute later

        assert [asked(), asked()] == [old.pk, old.pk]

        assert f"build={newer.pk} can't be fetched" in caplog.text
        assert str(newer.pk) not in second.builds()
        bucket.put(key, content, Metadata=found["Metadata"])

    delivery.forget()
    serve(newer)


@pytest.mark.parametrize("name", ["../../evil.npy", "/etc/passwd", ".bashrc", "manifest.json", ""])
def test_a_manifest_may_name_no_file_elsewhere(name):
    body = {"kind": "index", "version": 5, "files": {name: "0"}, "facts": {}}
    manifest = artifacts.json.dumps({**body, "digest": artifacts.content_digest(body)})

    with pytest.raises(artifacts.ArtifactCorrupt):
        artifacts.identified(manifest.encode(), path="manifest.json")


def test_a_download_goes_on_where_it_was(two, second, bucket):
    _, newer = two
    key = key_of(bucket, newer, "vectors.npy")
    found = bucket.get(key)
    bucket.put(key, b"not these")
    asked()
    part = delivery.parcel_of(newer).part
    fetched = {path.name: path.stat().st_ino for path in part.iterdir()}
    (part / "vectors.npy.aB3").write_bytes(b"of a download that was killed")

    bucket.put(key, found["Body"].read(), Metadata=found["Metadata"])
    delivery.forget()
    serve(newer)

    assert "ids.npy" in fetched
    folder = builds.folder_of(newer)
    assert {name: (folder / name).stat().st_ino for name in fetched} == fetched
    assert not (folder / "vectors.npy.aB3").exists()
    assert not part.exists()


def test_sending_goes_on_where_it_was(first, indexed, bucket):
    parcel = delivery.parcel_of(indexed)
    assert depot.send(parcel) == 0

    bucket.client.delete_object(Bucket=bucket.name, Key=key_of(bucket, indexed, "ids.npy"))
    bucket.put(key_of(bucket, indexed, "groups.npy"), b"half")

    assert depot.send(parcel) == 2


def test_a_folder_that_is_damaged_here_is_not_sent(first, indexed, bucket):
    bucket.client.delete_object(Bucket=bucket.name, Key=key_of(bucket, indexed, "ids.npy"))
    path = builds.folder_of(indexed) / "ids.npy"
    path.write_bytes(b"not these")

    with pytest.raises(artifacts.ArtifactCorrupt, match=r"ids\.npy: damaged"):
        depot.send(delivery.parcel_of(indexed))


def test_one_process_of_a_machine_fetches_at_a_time(two, second):
    old, newer = two

    with depot.alone():
        assert asked() == old.pk
        assert second.builds() == {str(old.pk)}

    serve(newer)


def test_nothing_is_fetched_that_would_fill_the_disk(two, second, monkeypatch, caplog):
    old, _ = two
    full = SimpleNamespace(free=depot.SPARE_BYTES)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)

    assert [asked(), asked()] == [old.pk, old.pk]

    assert "make room" in caplog.text


def test_a_build_is_not_published_that_others_could_not_fetch(
    first, indexed, bucket, settings, serving
):
    there = settings.STORAGES
    build = builds.build_index()
    settings.STORAGES = {**there, **bucket.down()}

    with pytest.raises(CommandError, match=r"builds/|artifacts/"):
        call_command("publish_build", str(build.pk))

    assert serving().build == indexed.pk
    settings.STORAGES = there
    call_command("publish_build", str(build.pk), stdout=io.StringIO())
    assert serving().build == build.pk


def test_a_new_site_whose_bucket_is_down_piles_up_no_builds(bucket, settings, db):
    settings.STORAGES = {**settings.STORAGES, **bucket.down()}

    for _ in range(2):
        with pytest.raises(DepotError):
            builds.start_empty()

    assert not Build.objects.exists()
    assert not list(settings.BUILDS_DIR.glob("*"))


def test_the_old_build_goes_on_while_the_bucket_is_down(two, second, bucket, settings):
    old, newer = two
    there = settings.STORAGES
    settings.STORAGES = {**there, **bucket.down()}

    assert [asked(), asked()] == [old.pk, old.pk]

    settings.STORAGES = there
    delivery.forget()
    serve(newer)
