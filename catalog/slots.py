"""Named places in the catalogue's pages that another app may fill.

settings.CATALOG_SLOTS maps a name to the dotted path of a callable that takes keyword arguments
and returns safe HTML, so that the catalogue's templates need not know who fills them.
"""

import logging

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

GAP = "slot_failed"  # what a request has then, whose page lacks a part


def render(name: str, *, request: HttpRequest, **context: object) -> str:
    """The HTML of a slot; empty where nothing fills it, or where what does has failed."""
    filler = settings.CATALOG_SLOTS.get(name)
    if filler is None:
        logger.debug("nothing fills slot=%s", name)
        return ""
    try:
        return import_string(filler)(request=request, **context)
    # The page around it must not fall with a part of it, whatever that part's failure is.
    except Exception:
        setattr(request, GAP, True)
        logger.exception("slot failed slot=%s filler=%s path=%s", name, filler, request.path)
        return ""
