"""A reindex that is killed, as kill -9 does, once a step of this name is under way.

python -m tests.search.killed STEP
"""

import os
import signal
import sys

import django

django.setup()

from search.models import PipelineRun, PipelineStep  # noqa: E402
from search.runs import running  # noqa: E402


def die(run: PipelineRun, row: PipelineStep) -> None:
    """In the middle of those steps that tell how far they are, and at the start of others."""
    half_way = row.share > 0 or row.detail or row.name not in ("embed", "build", "verify", "map")
    if row.name == sys.argv[1] and row.state == PipelineStep.State.RUNNING and half_way:
        os.kill(os.getpid(), signal.SIGKILL)


running.reindex(watch=die)
