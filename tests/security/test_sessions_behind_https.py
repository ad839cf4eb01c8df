"""Logins through a proxy that ends HTTPS, with a real server of the site behind it."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tests.config.deployed import ROOT
from tests.security.deployments import HTTPS, KEY
from tests.security.phones import PASSWORD

PATIENCE = 60  # seconds; only a site that does not start needs them
HOST = "shop.example.org"
FROM_PROXY: dict[str, Any] = {
    "Host": HOST,
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def port(transactional_db, settings, tmp_path) -> Iterator[int]:
    """Where gunicorn serves this test's database as systemd would have it."""
    known = connection.settings_dict
    host = known["HOST"] or known["OPTIONS"].get("host", "")
    port = free_port()
    environ = {
        **{name: os.environ[name] for name in ("PATH", "REDIS_URL") if name in os.environ},
        **HTTPS,
        "SECRET_KEY": KEY,
        "TRUSTED_PROXIES": "1",
        "FORWARDED_ALLOW_IPS": "192.0.2.1",  # so that gunicorn leaves it to Django
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"postgresql://{known['USER']}@/{known['NAME']}?host={host}",
    }
    static = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
    subprocess.run(static, cwd=ROOT, env=environ, check=True)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # the site's
    User.objects.create_superuser("admin", password=PASSWORD)
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    with (tmp_path / "log").open("w") as log:
        site = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + PATIENCE
            while not answers(port):
                assert site.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield port
        finally:
            site.terminate()
            site.wait()


def answers(port: int) -> bool:
    try:
        return ask(port, "/healthz").status == 200
    except ConnectionError:
        return False


def ask(port: int, path: str, *, form: dict[str, str] | None = None, **headers: Any):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if form is None:
        link.request("GET", path, headers=sent)
    else:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        link.request("POST", path, body=urlencode(form), headers=sent)
    answer = link.getresponse()
    answer.body = answer.read().decode()  # type: ignore[attr-defined]
    return answer


def cookies_of(answer) -> SimpleCookie:
    found: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_all("Set-Cookie") or []:
        found.load(line)
    return found


def test_a_login_by_https_and_what_is_refused_beside_it(port):
    plain = ask(port, "/en/", Host=HOST, X_Forwarded_Proto="http")
    assert (plain.status, plain.headers["Location"]) == (301, f"https://{HOST}/en/")
    assert ask(port, "/en/", Host=HOST).status == 301

    page = ask(port, "/admin/login/", **FROM_PROXY)
    assert page.headers["Strict-Transport-Security"] == "max-age=86400"
    asked = cookies_of(page)
    token = asked["__Host-csrftoken"]
    assert token["secure"] and token["httponly"] and token["samesite"] == "Lax"
    assert token["path"] == "/" and not token["domain"]

    (secret,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)[:1]
    form = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": secret}
    sent = FROM_PROXY | {"Cookie": f"__Host-csrftoken={token.value}; __Host-sessionid=planted"}
    elsewhere = ask(port, "/admin/login/", form=form, Origin="https://evil.example", **sent)
    assert elsewhere.status == 403
    nowhere = ask(port, "/admin/login/", form=form, **sent)
    assert nowhere.status == 403  # by HTTPS a form says where it comes from

    entered = ask(port, "/admin/login/", form=form, Origin=f"https://{HOST}", **sent)
    session = cookies_of(entered)["__Host-sessionid"]
    assert entered.status == 302
    assert session["secure"] and session["httponly"] and session["samesite"] == "Lax"
    assert session["max-age"] == str(12 * 3600)
    assert session.value != "planted"
    inside = ask(port, "/admin/", **FROM_PROXY | {"Cookie": f"__Host-sessionid={session.value}"})
    assert inside.status == 200
