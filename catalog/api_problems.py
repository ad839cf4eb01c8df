"""Which errors the calls of the API answer, for the schema."""

from typing import Any

from catalog.problems import CONTENT_TYPE, ProblemSerializer


def problems(*statuses: int) -> dict[Any, Any]:
    return {(status, CONTENT_TYPE): ProblemSerializer for status in statuses}


# A token that is not known is refused by reads as well.
PROBLEMS = problems(400, 401, 404, 405, 406, 429)
WRITE_PROBLEMS = problems(400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 429)
