"""What is measured after every reindex, so that a change of quality shows the next morning."""

from typing import Final

from search.evaluation import plan, records
from search.evaluation.comparison import System
from search.models import Evaluation

# What is served. Baselines are fitted anew for every comparison, which takes longer than a build.
SYSTEMS: Final = (System.PICTURE, System.TEXT, System.ALIGNED, System.FUSION)
K: Final = 10
QUERIES: Final = 2000


def evaluate() -> Evaluation:
    """Measure the published build; raises EvaluationError where there is nothing to measure."""
    comparison, _ = plan.make(wanted=None, file=None, k=K, queries=QUERIES, seed=0)
    rows = [
        comparison.measure(system) for system in SYSTEMS if not comparison.reason_against(system)
    ]
    return records.save(comparison, rows=rows, recall=comparison.recall())
