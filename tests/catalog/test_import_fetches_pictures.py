"""Catalogues may name pictures by address: fetched once, and asked for conditionally after."""

import csv
import json

import pytest
from django.core.management import CommandError
from django.utils import timezone

from catalog import fetched, pictures
from catalog.feeds.addresses import PATIENCE, THREADS
from catalog.fetching.hosts import Hosts
from catalog.models import FetchedPicture, Product, ProductImage
from tests.catalog.conftest import picture
from tests.catalog.hosting import keeps, leads_to, nobody, says


@pytest.fixture(autouse=True)
def vouched(settings, site):
    settings.PICTURE_HOSTS = site.vouched()


def reasons(path) -> list[str]:
    with path.with_name(path.name + ".rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["reason"] for row in csv.DictReader(file)]


def test_addresses_and_paths_stand_side_by_side_in_their_order(run_import, site, tmp_path):
    site.answers["/red.png"] = says(picture(color="red"))
    site.answers["/blue.png"] = says(picture(color="blue"))
    (tmp_path / "green.png").write_bytes(picture(color="green"))
    path = tmp_path / "goods.csv"
    path.write_text(f"sku,image\nA1,{site.at('/red.png')}|green.png|{site.at('/blue.png')}\n")

    printed = run_import(path)

    assert "created 1, updated 0, unchanged 0, rejected 0" in printed
    assert [image.sha256 for image in Product.objects.get().images.all()] == [
        pictures.store(picture(color=color)).sha256 for color in ("red", "green", "blue")
    ]


def test_json_lines_and_zips_may_hold_addresses(run_import, site, tmp_path, zip_file):
    site.answers["/a.png"] = says(picture())
    lines = tmp_path / "lines.jsonl"
    lines.write_text(json.dumps({"sku": "A1", "image": [site.at("/a.png")]}))
    packed = zip_file(
        {
            "catalog.csv": f"sku,image\nA2,{site.at('/a.png')}|b.png\n",
            "b.png": picture(color="blue"),
        }
    )

    run_import(lines)
    run_import(packed)

    assert Product.objects.get(sku="A1").images.count() == 1
    assert Product.objects.get(sku="A2").images.count() == 2


def test_a_second_run_changes_nothing_and_downloads_nothing(run_import, site, tmp_path):
    for name in "abc":
        site.answers[f"/{name}.png"] = keeps(picture(size=(ord(name), 30)), etag=f'"{name}"')
    path = tmp_path / "goods.csv"
    path.write_text("sku,image\n" + "".join(f"{n},{site.at(f'/{n}.png')}\n" for n in "abc"))
    run_import(path)
    before = list(Product.objects.order_by("sku").values_list("sku", "updated_at"))
    remembered = list(FetchedPicture.objects.order_by("address").values_list("address", "at"))

    printed = run_import(path)

    assert "created 0, updated 0, unchanged 3, rejected 0" in printed
    assert sorted(site.sent) == [
        ("/a.png", 200),
        ("/a.png", 304),
        ("/b.png", 200),
        ("/b.png", 304),
        ("/c.png", 200),
        ("/c.png", 304),
    ]
    assert list(Product.objects.order_by("sku").values_list("sku", "updated_at")) == before
    assert (
        list(FetchedPicture.objects.order_by("address").values_list("address", "at")) == remembered
    )


def test_dates_serve_where_a_host_has_no_tags(run_import, site, tmp_path):
    day = "Sat, 03 Oct 2026 07:28:00 GMT"
    site.answers["/a.png"] = says(picture(), last_modified=day)
    path = tmp_path / "goods.csv"
    path.write_text(f"sku,image\nA1,{site.at('/a.png')}\n")
    run_import(path)
    site.answers["/a.png"] = says(status=304, kind=None)

    printed = run_import(path)

    assert "unchanged 1" in printed
    assert site.asked[1][1]["If-Modified-Since"] == day


def test_hosts_that_tell_no_version_are_read_again_and_nothing_changes(run_import, site, tmp_path):
    site.answers["/a.png"] = says(picture())
    path = tmp_path / "goods.csv"
    path.write_text(f"sku,image\nA1,{site.at('/a.png')}\n")
    run_import(path)

    printed = run_import(path)

    assert "unchanged 1" in printed
    assert site.sent == [("/a.png", 200)] * 2
    assert not FetchedPicture.objects.exists()


def test_another_picture_at_the_same_address_counts_as_a_change(run_import, site, tmp_path):
    site.answers["/a.png"] = keeps(picture(color="red"), etag='"red"')
    path = tmp_path / "goods.csv"
    path.write_text(f"sku,image\nA1,{site.at('/a.png')}\n")
    run_import(path)
    site.answers["/a.png"] = keeps(picture(color="blue"), etag='"blue"')

    printed = run_import(path)

    assert "updated 1" in printed
    assert FetchedPicture.objects.get().sha256 == ProductImage.objects.get().sha256
    assert FetchedPicture.objects.get().etag == '"blue"'


def test_a_picture_whose_file_is_gone_is_fetched_anew(run_import, site, settings, tmp_path):
    site.answers["/a.png"] = keeps(picture(), etag='"a"')
    path = tmp_path / "goods.csv"
    path.write_text(f"sku,image\nA1,{site.at('/a.png')}\n")
    run_import(path)
    sha256 = ProductImage.objects.get().sha256
    for file in settings.MEDIA_ROOT.rglob("*.jpg"):
        file.unlink()

    printed = run_import(path)

    assert "unchanged 1" in printed
    assert site.sent == [("/a.png", 200)] * 2
    assert pictures.read(sha256)


def test_an_address_that_many_rows_name_is_asked_once(run_import, site, tmp_path):
    site.answers["/a.png"] = says(picture())
    path = tmp_path / "goods.csv"
    path.write_text("sku,image\n" + "".join(f"A{n},{site.at('/a.png')}\n" for n in range(20)))

    printed = run_import(path)

    assert "created 20" in printed
    assert site.paths == ["/a.png"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (says(b"<html>", kind="text/html"), "is of the type text/html"),
        (says(b"<html>"), "the file is not a picture that can be read"),
        (says(b""), "the file is empty"),
        (says(status=404), "was answered with 404"),
        (says(picture(size=(400, 400))[:-30]), "the picture is damaged"),
        (leads_to("http://169.254.169.254/"), "169.254.169.254 is not on the public internet"),
    ],
)
def test_a_fault_rejects_its_row_alone_with_the_address_and_the_reason(
    run_import, site, tmp_path, answer, reason
):
    site.answers["/good.png"] = says(picture())
    site.answers["/bad.png"] = answer
    path = tmp_path / "goods.csv"
    path.write_text(f"sku,image\nA1,{site.at('/bad.png')}\nA2,{site.at('/good.png')}\n")

    printed = run_import(path)

    assert "created 1, updated 0, unchanged 0, rejected 1" in printed
    (told,) = reasons(path)
    assert told.startswith(f"image: {site.at('/bad.png')}: ")
    assert reason in told
    assert not FetchedPicture.objects.exists()


def test_a_host_that_is_down_is_not_waited_for_by_every_row(run_import, settings, tmp_path):
    path = tmp_path / "goods.csv"
    with nobody() as port:
        settings.PICTURE_HOSTS = Hosts(named=frozenset([("127.0.0.1", port)]))
        rows = [f"A{n},http://127.0.0.1:{port}/{n}.png" for n in range(100)]
        path.write_text("\n".join(["sku,image", *rows]))

        with pytest.raises(CommandError, match="no row could be taken"):
            run_import(path)

    told = reasons(path)
    left_out = [each for each in told if "was not asked for, since 127.0.0.1 has not" in each]
    assert len(told) == 100
    assert "127.0.0.1 doesn't answer" in told[0]
    assert len(left_out) > 100 - PATIENCE - THREADS - 1


def test_nothing_is_fetched_where_the_site_is_told_so(run_import, site, settings, tmp_path):
    settings.PICTURE_HOSTS = Hosts(public=False)
    path = tmp_path / "goods.csv"
    path.write_text(f"sku,image\nG1,\nA1,{site.at('/a.png')}\n")

    run_import(path)

    assert "PICTURE_HOSTS has this site fetch none" in reasons(path)[0]
    assert site.paths == []


def test_what_no_import_has_asked_for_in_a_long_time_is_forgotten(run_import, site, tmp_path):
    for name in "ab":
        site.answers[f"/{name}.png"] = keeps(picture(), etag='"1"')
    path = tmp_path / "goods.csv"
    path.write_text(f"sku,image\nA1,{site.at('/a.png')}|{site.at('/b.png')}\n")
    run_import(path)
    FetchedPicture.objects.update(at=timezone.now() - fetched.KEPT)
    path.write_text(f"sku,image\nA1,{site.at('/a.png')}\n")
    run_import(path)

    assert fetched.forget() == 1

    assert FetchedPicture.objects.get().address == site.at("/a.png")
