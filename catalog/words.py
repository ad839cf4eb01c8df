"""Which products some words find: as another app knows it, or else by their titles.

settings.CATALOG_WORDS is the dotted path of a callable that takes words and gives products' ids,
the best first.
"""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string


def finder() -> Callable[[str], list[int]] | None:
    return import_string(settings.CATALOG_WORDS) if settings.CATALOG_WORDS else None
