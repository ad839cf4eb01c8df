"""What this process counts for /metrics; gunicorn's processes are added up there."""

from typing import Final

from prometheus_client import Counter

RECOMMENDATIONS: Final = Counter(
    "niteru_recommendations",
    "Lists of similar items by what they were made from, and whether they hold anything.",
    ["source", "state"],
)
FALLBACKS: Final = Counter(
    "niteru_fallbacks",
    "Lists in which products of the same category stood in for similar ones, by the reason.",
    ["reason"],
)
OLDER_BUILDS: Final = Counter(
    "niteru_build_fallbacks",
    "Published builds that a process could not open, so that it went on with an older one or none.",
)
WORDS_CUT_SHORT: Final = Counter(
    "niteru_word_search_timeouts",
    "Searches whose letters took too long, answered by meaning alone.",
)
