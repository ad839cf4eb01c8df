"""permissions.csv says who may do what; the site does just that.

Write it anew by `PERMISSIONS=write bin/test -n 0 tests/security/test_permissions.py`, then read
what has changed: each cell is an answer's status, or `login` and `code` for the way to there.
"""

import logging
import os
from collections.abc import Iterator

import pytest
from django.template import Template

from tests.security import matrix, stocked
from tests.security.addresses import endpoints


@pytest.fixture
def quick(monkeypatch) -> Iterator[None]:
    """Thousands of pages: without the copies that Django's tests keep of each, or lines of logs."""
    monkeypatch.setattr(Template, "_render", lambda self, context: self.nodelist.render(context))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.django_db
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("part", ["site", "pages", "goods", "work", "actions"])
def test_every_role_gets_what_the_table_says(part):
    stocked.stock()

    found = list(matrix.parts()[part]())

    if os.environ.get("PERMISSIONS") == "write":
        matrix.keep(part, [{"part": part} | row for row in found])
    expected = {(row["address"], row["method"]): row for row in matrix.kept(part)}
    asked = {(row["address"], row["method"]): row for row in found}
    assert set(asked) - set(expected) == set(), "addresses without an expectation"
    assert set(expected) - set(asked) == set(), "addresses that are no more"
    wrong = [
        f"{key}: {role} is answered {row[role]}, not {expected[key][role]}"
        for key, row in asked.items()
        for role in matrix.ROLES
        if row[role] != expected[key][role]
    ]
    assert not wrong, "\n".join(wrong)


def test_no_address_is_left_out():
    told = {
        row["address"] for part in ("site", "pages", "goods", "work") for row in matrix.kept(part)
    }

    assert told == {endpoint.label for endpoint in endpoints()}
