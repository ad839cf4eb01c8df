"""Two products saved, as far as the broker is concerned: whether it took the messages.

python -m tests.search.brokers.silent
"""

import django

django.setup()

from catalog import messages  # noqa: E402
from search import tasks  # noqa: E402

print(*[messages.send(tasks.embed, [pk]) for pk in (1, 2)])  # noqa: T201
