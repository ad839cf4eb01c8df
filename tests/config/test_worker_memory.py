"""What the worker's processes share with the one that has started them."""

import os
import subprocess
import sys

PROGRAM = """
import gc, os
import django, psutil
from celery.signals import worker_before_create_process
from config import celery

django.setup()
worker_before_create_process.send(sender=None)
child = os.fork()
if not child:
    gc.collect()
    memory = psutil.Process().memory_full_info()
    print(memory.uss, memory.rss, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


def test_a_process_that_collects_garbage_still_shares_what_was_imported_before_it():
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "SECRET_KEY": "of-a-test" * 6},
        capture_output=True,
        text=True,
        check=True,
    )

    own, resident = map(int, told.stdout.split())
    assert own < resident / 4
