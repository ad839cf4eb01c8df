"""What speaks against serving a build that is whole."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop as _

from search.engine import fusion
from search.engine.index import profiles
from search.engine.index.folder import IndexFolder
from search.locks import BuildError
from search.models import Build

Doubt = list[Any]  # [sentence, {what is filled in}], as JSON gives it back


class BuildRefused(BuildError):
    """A build that is whole and yet should not be served; it is kept to be looked at."""


def keep(build: Build, found: Sequence[Doubt]) -> None:
    """Note what speaks against a build; raises BuildRefused where anything does."""
    build.doubts = [list(each) for at, each in enumerate(found) if each not in found[:at]]
    build.save(update_fields=["doubts"])
    if build.doubts:
        raise BuildRefused(
            f"build {build.pk} is kept and not published: {'; '.join(build.doubts_told)}. To serve "
            f"it nevertheless, run `manage.py publish_build {build.pk} --anyway`"
        )


def broken_promises(opened: IndexFolder) -> list[Doubt]:
    """Mixes by which a build finds less of the nearest than it should."""
    return [
        [
            _(
                "it finds %(recall)s of the nearest by %(mix)s, less than %(promised)s: "
                "set %(remedy)s and run `manage.py reindex`"
            ),
            {
                "recall": f"{measured.recall:.3f}",
                "mix": fusion.format_mix(measured.mix),
                "promised": f"{measured.promised}",
                "remedy": remedy(),
            },
        ]
        for measured in opened.measured
        if measured.refused
    ]


def remedy() -> str:
    """The setting by which a build finds all."""
    by_server = settings.SEARCH_BACKEND == profiles.MILVUS
    return "SEARCH_BACKEND=faiss" if by_server else "INDEX_PROFILE=exact"
