"""Rules in the file of all similar items: where it is as shoppers see it, and there alone."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from search import runtime
from tests.search.steered import rule, shop, similar, skus, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def export(tmp_path):
    stock()

    def run(*arguments: str) -> list[dict[str, str]]:
        runtime.forget()
        out = tmp_path / "similar.csv"
        call_command("export_similar", "--out", str(out), *arguments, stdout=StringIO())
        return list(csv.DictReader(StringIO(out.read_text(encoding="utf-8"))))

    return run


def of(sku: str, lines: list[dict[str, str]]) -> list[str]:
    return [line["similar_sku"] for line in lines if line["sku"] == sku]


def test_lists_of_one_variant_are_those_that_shoppers_see(export):
    rule("pin", target_product="lamp-red", position=2)
    rule("exclude", target_brand="Halden", shop=shop("acme"))
    rule("boost", target_product="cup-toy", scope_product="mug-red")
    rule("bury", target_product="mug-toy", scope_brand="Brisco")

    lines = export("--variants", "one", "--k", "4")

    assert list(dict.fromkeys(line["sku"] for line in lines)) == sorted(
        skus(), key=lambda sku: (sku in ("lamp-red", "cup-toy", "mug-toy"), sku)
    )
    for sku in skus():
        assert of(sku, lines) == similar(sku, k=4)


def test_exact_lists_follow_rules_as_indexed_ones_do(export):
    rule("pin", target_product="lamp-red", position=2)
    rule("bury", target_brand="Norvik")

    assert export("--variants", "one", "--exact") == export("--variants", "one")


def test_lists_of_all_variants_know_no_rules(export):
    plain = export("--variants", "all")

    rule("pin", target_product="lamp-red")
    rule("exclude", target_brand="Halden")

    assert export("--variants", "all") == plain
    assert export() == plain


def test_a_rule_that_has_ended_is_in_no_file(export):
    plain = export("--variants", "one")

    rule("pin", target_product="lamp-red", ends_at=timezone.now() - timedelta(seconds=1))

    assert export("--variants", "one") == plain


def test_scores_in_the_file_are_how_alike_things_are(export):
    plain = {(line["sku"], line["similar_sku"]): line["score"] for line in export()}

    rule("pin", target_product="lamp-red")
    rule("boost", target_product="cup-toy", strength=40)

    for line in export("--variants", "one"):
        score = float(plain[line["sku"], line["similar_sku"]])
        assert float(line["score"]) == pytest.approx(score, abs=2e-6)
