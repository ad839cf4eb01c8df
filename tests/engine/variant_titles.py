"""What the tests of variants share: titles in, groups of titles out."""

from typing import Any

from search.engine import variants
from search.engine.text.tokens import tokenize


def grouped(*titles: str, **known: Any) -> list[int]:
    """The group of each title, in the order given."""
    return variants.group([tokenize(title) for title in titles], **known).tolist()
