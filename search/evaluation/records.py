"""What was measured, as rows of the database and as JSON."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from search.evaluation.comparison import Comparison, Measured
from search.models import Build, Evaluation, EvaluationRow

FIGURES = ("queries", "ndcg", "precision", "coverage", "orphans", "full_lists", "seconds")


@transaction.atomic
def save(comparison: Comparison, *, rows: Sequence[Measured], recall: float | None) -> Evaluation:
    evaluation = Evaluation.objects.create(
        # It may have been pruned meanwhile.
        build=Build.objects.filter(pk=comparison.served.serving.build).first(),
        k=comparison.k,
        labels=list(comparison.labels.names) if comparison.labels else [],
        products=len(comparison.catalogue),
        queries=len(comparison.queries),
        recall=recall,
        weights=comparison.weights,
    )
    EvaluationRow.objects.bulk_create(
        EvaluationRow(evaluation=evaluation, system=row.system, **figures(row)) for row in rows
    )
    return evaluation


def figures(row: Measured | EvaluationRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIGURES}


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation with its rows, for scripts."""
    return {
        "id": evaluation.pk,
        "build": evaluation.build_id,
        "at": evaluation.at.isoformat(),
        "k": evaluation.k,
        "labels": evaluation.labels,
        "products": evaluation.products,
        "queries": evaluation.queries,
        "recall": evaluation.recall,
        "weights": evaluation.weights,
        "rows": [{"system": row.system, **figures(row)} for row in evaluation.rows.all()],
    }
