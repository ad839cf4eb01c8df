"""Past evaluations in the admin: looked at, never changed."""

from pathlib import Path

import pytest
from django.urls import reverse

from search.models import Evaluation
from tests.search.stalls import evaluate, serve, stock


@pytest.fixture
def evaluation(db, tmp_path: Path) -> Evaluation:
    stock(pictures=False)
    serve()
    evaluate(tmp_path, "--labels", "kind", "--systems", "text,fusion")
    return Evaluation.objects.get()


def test_lists_evaluations_with_the_quality_of_the_fusion(admin_client, evaluation):
    page = admin_client.get(reverse("admin:search_evaluation_changelist")).content.decode()

    assert "kind" in page
    assert f"{evaluation.rows.get(system='fusion').ndcg:.4f}" in page


def test_shows_the_whole_table_of_one(admin_client, evaluation):
    address = reverse("admin:search_evaluation_change", args=[evaluation.pk])

    page = admin_client.get(address).content.decode()

    for row in evaluation.rows.all():
        assert row.get_system_display() in page
        assert f"{row.coverage:.4f}" in page


def test_shows_weights_as_they_are_written_in_settings(admin_client, evaluation):
    evaluation.weights = {"text": {"text": 1.0}, "learnt_held_out": {"image": 0.2, "text": 0.8}}
    evaluation.save()
    address = reverse("admin:search_evaluation_change", args=[evaluation.pk])

    page = admin_client.get(address).content.decode()

    assert "learnt weights, held-out half: text:0.8,image:0.2" in page


def test_offers_no_change(admin_client, evaluation):
    changed = admin_client.post(
        reverse("admin:search_evaluation_change", args=[evaluation.pk]), {"k": "3"}
    )
    added = admin_client.get(reverse("admin:search_evaluation_add"))

    evaluation.refresh_from_db()
    assert (changed.status_code, added.status_code, evaluation.k) == (403, 403, 10)


def test_the_list_takes_the_same_queries_however_many_there_are(
    admin_client, evaluation, tmp_path, django_assert_max_num_queries
):
    for _ in range(3):
        evaluate(tmp_path, "--labels", "kind", "--systems", "text")

    with django_assert_max_num_queries(12):
        admin_client.get(reverse("admin:search_evaluation_changelist"))
