"""A worker that dies of one picture, as it would of a fault in a decoder.

`celery -A tests.search.poisoned worker`, with the picture's digest in DEADLY_PICTURE.
"""

import os
import signal
from typing import Any

from celery.signals import worker_process_init

from config.celery import app as app


@worker_process_init.connect
def arm(**_: object) -> None:
    from search import embeddings

    whole = embeddings.decode

    def deadly(source: Any, **kwargs: Any) -> Any:
        if os.environ["DEADLY_PICTURE"] in source.pictures:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(source, **kwargs)

    embeddings.decode = deadly
