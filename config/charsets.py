"""Requests that name an encoding in which nothing can be sent.

Python knows more codecs than encodings of text: `rot13` and `hex` would make Django fail before any
of its own code could answer, `idna` where it decodes.
"""

import codecs
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

CHARSET: Final = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)
KNOWN: Final = frozenset(
    [
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "ascii", "iso8859-1", "cp1252"),
        *("shift_jis", "cp932", "euc_jp", "iso2022_jp"),
    ]
)

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Charsets:
    """Leaves out the name of any other encoding, as Django does with names that nobody knows."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        told = environ.get("CONTENT_TYPE", "")
        if (found := CHARSET.search(told)) and not is_known(found[0].partition("=")[2]):
            environ["CONTENT_TYPE"] = CHARSET.sub("", told)
        return self.application(environ, start_response)


def is_known(charset: str) -> bool:
    try:
        return codecs.lookup(charset.strip(" \"'")).name in KNOWN
    except (LookupError, ValueError):  # ValueError of a name with a NUL
        return False
