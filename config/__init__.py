import os

# Before numpy is loaded: sums over several threads differ in their last bits from machine to
# machine, and a model that was fitted again would not be the same. Workers share the cores anyhow.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# faiss: what it is told at run time holds for the thread that tells it alone.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from config.celery import app as celery_app

__all__ = ["celery_app"]
