"""`manage.py check --deploy` has nothing to say, and says it where something is wrong."""

import pytest

from tests.config.deployed import start_up
from tests.security import deployments
from tests.security.deployments import manage

CHECK = ("check", "--deploy", "--fail-level", "WARNING")
PLACES = {
    "compose": deployments.of_compose,
    "systemd": deployments.of_systemd,
    "demo": deployments.of_demo,
}


@pytest.mark.parametrize("place", PLACES)
def test_has_no_warning_where_the_site_is_deployed(place, tmp_path):
    told = manage(*CHECK, **PLACES[place]() | {"DATA_DIR": str(tmp_path)})

    assert told.returncode == 0, told.stderr
    assert "no issues" in told.stdout
    assert "WARNINGS" not in told.stderr


@pytest.mark.parametrize(
    ("variables", "missed"),
    [
        ({"HSTS_SECONDS": "0"}, ""),
        ({"HTTPS_REDIRECT": "0"}, ""),
        ({"DEBUG": "1"}, "security.W018"),
        ({"SECRET_KEY": "a" * 60}, "security.W009"),
        ({"SECRET_KEY_FALLBACKS": "short"}, "security.W025"),
    ],
)
def test_silences_only_what_was_decided_by_a_setting(variables, missed, tmp_path):
    told = manage(*CHECK, **deployments.of_systemd() | {"DATA_DIR": str(tmp_path)} | variables)

    assert (told.returncode != 0) == bool(missed)
    assert missed in told.stderr


@pytest.mark.parametrize(("proxies", "believed"), [("0", False), ("1", True)])
def test_a_visitor_is_not_believed_to_come_by_https(proxies, believed, tmp_path):
    program = f"from config.settings import *; assert bool(SECURE_PROXY_SSL_HEADER) is {believed}"
    variables = deployments.of_systemd() | {"TRUSTED_PROXIES": proxies, "DATA_DIR": str(tmp_path)}

    told = start_up(program=program, **variables)

    assert told.returncode == 0, told.stderr
