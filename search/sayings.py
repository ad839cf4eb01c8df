"""Sentences that are kept in the database and read in the reader's language."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext


class Saying(NamedTuple):
    """A sentence, marked for translation where it is written, and what is filled in.

    What came from elsewhere, such as the text of an error, has no facts and is shown as it is.
    """

    text: str
    facts: dict[str, Any] = {}

    def __str__(self) -> str:
        return said(self.text, self.facts)


def said(text: str, facts: Mapping[str, Any]) -> str:
    # The translation of nothing is the catalogue's header.
    if not text:
        return ""
    return gettext(text) % facts if facts else gettext(text)
