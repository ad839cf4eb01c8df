"""`export_similar`: the whole catalogue's lists as a file that scripts read."""

import csv
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from search import runtime
from tests.shelves import add_picture, add_product


@pytest.fixture
def export(tmp_path):
    def run(*arguments: str) -> str:
        runtime.forget()
        out = tmp_path / "similar.csv"
        call_command("export_similar", "--out", str(out), *arguments, stdout=StringIO())
        return out.read_text(encoding="utf-8")

    return run


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_writes_a_ranked_list_for_every_published_product(indexed, shelf, export):
    lines = rows(export("--k", "3"))

    assert list(lines[0]) == (
        "sku,rank,similar_sku,score,image_score,text_score,shop,similar_shop".split(",")
    )
    assert {line["sku"] for line in lines} == set(shelf)
    for sku in shelf:
        mine = [line for line in lines if line["sku"] == sku]
        assert [line["rank"] for line in mine] == ["1", "2", "3"]
        assert sku not in {line["similar_sku"] for line in mine}
        scores = [float(line["score"]) for line in mine]
        assert scores == sorted(scores, reverse=True)


def test_exact_and_indexed_lists_agree(indexed, export):
    exact = [(line["sku"], line["similar_sku"]) for line in rows(export("--exact"))]
    indexed_lists = [(line["sku"], line["similar_sku"]) for line in rows(export())]

    assert exact == indexed_lists


def test_exact_lists_repeat_byte_for_byte(indexed, export):
    assert export("--exact") == export("--exact")


def test_holds_products_that_came_after_the_build(indexed, export, encode_all):
    add_product("late", title="Red ceramic mug")
    encode_all()

    lines = rows(export("--exact"))

    late = [line for line in lines if line["sku"] == "late"]
    assert late[0]["similar_sku"] == "mug-red"
    assert {line["image_score"] for line in late} == {""}


def test_leaves_out_what_is_not_published(indexed, shelf, export):
    shelf["cup-red"].published = False
    shelf["cup-red"].save()

    assert "cup-red" not in export()


def test_a_product_without_a_picture_has_no_list_by_pictures(indexed, export, encode_all):
    add_product("late", title="Red ceramic mug")
    encode_all()

    lines = rows(export("--mix", "image:1,text:0"))

    assert "late" not in {line["sku"] for line in lines}


def test_lists_the_best_of_each_group_of_variants_where_asked(indexed, shelf, export, encode_all):
    for shop in ("here", "there"):
        add_picture(add_product("offer", shop=shop, title="Red ceramic mug"), color="firebrick")
    encode_all()

    every, one = (of_cup(rows(export("--variants", which))) for which in ("all", "one"))

    assert every.count("mug-red") + every.count("offer") == 3
    assert one.count("mug-red") + one.count("offer") == 1
    assert "lamp-blue" in one


def of_cup(lines: list[dict[str, str]]) -> list[str]:
    return [line["similar_sku"] for line in lines if line["sku"] == "cup-red"]


def test_refuses_where_nothing_is_published(shelf, export):
    with pytest.raises(CommandError, match="reindex"):
        export()


def test_leaves_an_older_file_alone_when_it_fails(indexed, shelf, export, tmp_path):
    before = export()

    with pytest.raises(CommandError, match="--k"):
        export("--k", "0")

    assert (tmp_path / "similar.csv").read_text(encoding="utf-8") == before
