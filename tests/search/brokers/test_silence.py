"""A broker that takes connections and answers nothing, as one that was stopped or cut off does."""

import subprocess
import sys

from tests.silent import listening

PATIENCE = 60  # seconds; without a limit of ours it would be waited for without end


def test_whoever_saves_waits_once_for_a_broker_that_says_nothing(environment):
    with listening() as silent:
        done = subprocess.run(
            [sys.executable, "-m", "tests.search.brokers.silent"],
            env={**environment, "CELERY_BROKER_URL": f"redis://127.0.0.1:{silent.port}/0"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    assert done.stdout.split() == ["False", "False"], done.stderr
    assert done.stderr.count("the broker was silent") == 1
