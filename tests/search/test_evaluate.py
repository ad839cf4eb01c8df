"""`evaluate`: systems side by side, on a small catalogue and through the whole pipeline."""

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Product
from search import builds, runtime
from search.models import Build, Evaluation, EvaluationRow
from tests.search.stalls import TITLES, evaluate, serve, stock
from tests.shelves import add_product

BY_KIND = ("--labels", "kind,maker")
SERVED = ("--systems", "picture,text,fusion")


def lists_of(folder: Path, system: str) -> list[dict[str, str]]:
    with (folder / f"{system}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture
def stall(db) -> list[Product]:
    products = stock()
    serve()
    return products


def test_compares_baselines_and_what_is_served_in_a_fixed_order(stall, tmp_path):
    found = evaluate(tmp_path, *BY_KIND, "--k", "4")

    assert list(found.rows) == [
        "picture",
        "fasttext_mean",
        "scdv_published",
        "tfidf_svd",
        "picture_tfidf",
        "text",
        "fusion",
        "fusion_held_out",
        "learnt_held_out",
    ]
    assert "aligned is left out" in found.said


def test_finds_that_mugs_are_like_mugs(stall, tmp_path):
    found = evaluate(tmp_path, *BY_KIND, *SERVED, "--k", "4")

    for row in found.rows.values():
        assert row["precision"] == 1
        assert 0 < row["ndcg"] <= 1
        assert row["queries"] == 12


def test_keeps_what_it_found_as_rows(stall, tmp_path):
    found = evaluate(tmp_path, *BY_KIND, *SERVED)

    kept = Evaluation.objects.get()
    assert kept.build == Build.objects.published_one()
    assert (kept.k, kept.labels, kept.products, kept.queries) == (10, ["kind", "maker"], 12, 12)
    assert kept.recall == 1.0
    assert kept.weights["picture"] == {"image": 1.0}
    fused = kept.rows.get(system=EvaluationRow.System.FUSION)
    assert fused.ndcg == found.rows["fusion"]["ndcg"]


def test_an_evaluation_outlives_the_build_that_it_measured(stall, tmp_path):
    evaluate(tmp_path, *BY_KIND, *SERVED)

    Build.objects.all().delete()

    assert Evaluation.objects.get().build is None


def test_prints_each_system_on_a_line_and_the_recall_of_the_index(stall, tmp_path):
    said = evaluate(tmp_path, *BY_KIND, *SERVED).said

    assert "lists of 10 by kind, maker" in said
    assert any(line.startswith("fusion ") for line in said.splitlines())
    assert "recall@10 of the live index against exact search: 1.000" in said


def test_writes_the_lists_for_other_scorers(stall, tmp_path):
    evaluate(tmp_path, *BY_KIND, *SERVED, "--k", "3", "--lists", str(tmp_path / "lists"))

    lines = lists_of(tmp_path / "lists", "fusion")
    assert list(lines[0]) == ["sku", "rank", "similar_sku", "score", "shop", "similar_shop"]
    mine = [line for line in lines if line["sku"] == "mug-0"]
    assert [line["rank"] for line in mine] == ["1", "2", "3"]
    assert "mug-0" not in {line["similar_sku"] for line in mine}
    assert {line["sku"] for line in lines} == {product.sku for product in stall}


def test_lists_are_those_that_exact_export_gives(stall, tmp_path):
    exported = tmp_path / "export.csv"
    call_command("export_similar", "--exact", "--k", "5", "--out", str(exported))

    evaluate(tmp_path, *BY_KIND, *SERVED, "--k", "5", "--lists", str(tmp_path / "lists"))

    with exported.open(encoding="utf-8", newline="") as handle:
        expected = {(row["sku"], row["rank"], row["similar_sku"]) for row in csv.DictReader(handle)}
    lines = lists_of(tmp_path / "lists", "fusion")
    assert {(row["sku"], row["rank"], row["similar_sku"]) for row in lines} == expected


def test_a_product_without_a_picture_has_no_list_by_picture_and_counts_as_nought(db, tmp_path):
    stock()
    add_product("bare", title="blank", attributes={"kind": "mug", "maker": "south"})
    serve()

    found = evaluate(tmp_path, *BY_KIND, *SERVED, "--k", "4", "--lists", str(tmp_path / "lists"))

    pictures = lists_of(tmp_path / "lists", "picture")
    assert "bare" not in {line["sku"] for line in pictures}
    assert "bare" not in {line["similar_sku"] for line in pictures}
    row = found.rows["picture"]
    assert row["precision"] == pytest.approx(12 / 13)
    assert row["full_lists"] == pytest.approx(12 / 13)
    # It is one of the catalogue's 13, and none of the 12 that a picture could have placed.
    assert row["coverage"] + row["orphans"] * 12 / 13 == pytest.approx(12 / 13)


def test_a_product_without_a_picture_does_not_fill_up_lists_by_picture(db, tmp_path):
    stock()
    add_product("bare", title="blank")
    serve()

    found = evaluate(tmp_path, *BY_KIND, *SERVED, "--k", "12", "--lists", str(tmp_path / "lists"))

    pictures = lists_of(tmp_path / "lists", "picture")
    assert "bare" not in {line["similar_sku"] for line in pictures}
    assert found.rows["picture"]["full_lists"] == 0
    assert found.rows["fusion"]["full_lists"] == 1


def test_a_catalogue_of_words_alone_has_no_rows_for_pictures(db, tmp_path):
    stock(pictures=False)
    serve()

    found = evaluate(tmp_path, *BY_KIND, "--k", "4")

    assert list(found.rows) == ["fasttext_mean", "scdv_published", "tfidf_svd", "text", "fusion"]
    assert "picture is left out: no product has the signal image" in found.said
    assert "with one signal there are no weights to learn" in found.said


def test_products_that_are_not_published_take_no_part(stall, tmp_path):
    Product.objects.filter(sku="mug-0").update(published=False)

    found = evaluate(tmp_path, *BY_KIND, *SERVED, "--lists", str(tmp_path / "lists"))

    assert found.table["products"] == 11
    assert "mug-0" not in {line["similar_sku"] for line in lists_of(tmp_path / "lists", "text")}


def test_products_that_came_after_the_build_take_part(stall, tmp_path, encode_all):
    add_product("mug-9", title=f"small {TITLES['mug']}", attributes={"kind": "mug"})
    encode_all()

    evaluate(tmp_path, *BY_KIND, *SERVED, "--lists", str(tmp_path / "lists"))

    late = [line for line in lists_of(tmp_path / "lists", "text") if line["sku"] == "mug-9"]
    assert late[0]["similar_sku"] == "mug-0"


def test_asks_for_fewer_products_where_told_and_for_the_same_ones_each_time(stall, tmp_path):
    arguments = (*BY_KIND, *SERVED, "--queries", "3")
    first = evaluate(tmp_path, *arguments).rows["text"]
    again = evaluate(tmp_path, *arguments).rows["text"]

    assert first["queries"] == 3
    assert (first["ndcg"], first["coverage"]) == (again["ndcg"], again["coverage"])


def test_refuses_where_no_product_is_published(db):
    with pytest.raises(CommandError, match=r"manage\.py reindex"):
        call_command("evaluate")


def test_refuses_where_no_build_is_published(db):
    stock(pictures=False)

    with pytest.raises(CommandError, match=r"manage\.py reindex"):
        call_command("evaluate")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--k", "0"), "--k"),
        (("--queries", "0"), "--queries"),
        (("--systems", "telepathy"), "'telepathy' is no system; there are picture"),
        (("--labels", "kind,,maker"), "--labels"),
    ],
)
def test_refuses_arguments_that_make_no_sense(db, arguments, complaint):
    with pytest.raises(CommandError, match=complaint):
        call_command("evaluate", *arguments)


def test_evaluates_the_first_products_above_a_build_without_any(db, encode_all, tmp_path):
    builds.start_empty()
    stock()
    encode_all()
    runtime.forget()

    found = evaluate(tmp_path / "made", *BY_KIND, *SERVED, "--k", "4")

    assert found.rows["fusion"]["precision"] == 1
