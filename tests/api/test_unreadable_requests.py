"""What no browser sends is refused with a 4xx, by pages as by the API, and breaks nothing."""

import io
from typing import Any

import pytest
from django.core import signals
from django.db import close_old_connections

from config.wsgi import application


@pytest.fixture
def send(db):
    """`send("GET", "/en/")`: the status with which the site answers it, as a server calls it."""

    def sent(method: str, path: str, *, body: bytes = b"", **more: str) -> int:
        told: list[str] = []
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_HOST": "localhost",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            **more,
        }
        response: Any = application(environ, lambda status, headers, exc=None: told.append(status))
        b"".join(response)
        response.close()
        return int(told[0].split()[0])

    # The test's transaction would end with its connection, as Django's own client knows.
    for each in (signals.request_started, signals.request_finished):
        each.disconnect(close_old_connections)
    yield sent
    for each in (signals.request_started, signals.request_finished):
        each.connect(close_old_connections)


@pytest.mark.parametrize("charset", ["rot13", "hex", "idna", "undefined", "x\0y", "klingon"])
def test_an_encoding_that_is_none_of_text_is_as_good_as_none(send, charset):
    kind = f"text/plain; charset={charset}"

    assert send("GET", "/api/v1/products/", QUERY_STRING="brand=%ff", CONTENT_TYPE=kind) == 200


@pytest.mark.parametrize("charset", ["utf-8", "UTF-16"])
def test_encodings_of_text_are_left_as_they_are(send, charset):
    kind = f"application/json; charset={charset}"

    status = send("POST", "/api/v1/recommend/", body="[]".encode(charset), CONTENT_TYPE=kind)

    assert status == 400


@pytest.mark.parametrize("path", ["/en/photo/", "/admin/catalog/product/x/change/"])
def test_a_form_in_another_encoding_is_refused(send, path):
    kind = "application/x-www-form-urlencoded; charset=cp932"

    assert send("POST", path, HTTP_COOKIE=f"csrftoken={'a' * 32}", CONTENT_TYPE=kind) in (400, 403)


def test_a_page_that_is_not_there_is_not_there_for_an_unreadable_form_either(send):
    body = b"--x\r\n" + b"A: b\r\n" * 2000 + b"\r\n"
    kind = "multipart/form-data; boundary=x"

    status = send(
        "POST", "/nowhere/", body=body, CONTENT_TYPE=kind, HTTP_COOKIE=f"csrftoken={'a' * 32}"
    )

    assert status == 404


@pytest.mark.parametrize("path", ["/nowhere", "/en/", "/api/v1/products/"])
def test_a_host_that_is_not_ours_is_refused(send, path):
    assert send("GET", path, HTTP_HOST="0.0") == 400


@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1E+9999999999999999999"])
def test_a_number_beyond_all_bounds_spoils_its_own_line_alone(writer, number):
    lines = f'{{"sku": "a", "price": {number}}}\n{{"sku": "b"}}\n'

    answer = writer.post("/api/v1/products/bulk/", lines, content_type="application/jsonl")

    assert answer.status_code == 200, answer.content
    assert [line["status"] for line in answer.json()["lines"]] == ["rejected", "created"]


def test_half_letters_are_told_and_not_sent_back(writer):
    lines = '{"sku": "\\ud800"}\n{"sku": "a", "\\udfff": 1}\n'

    answer = writer.post("/api/v1/products/bulk/", lines, content_type="application/jsonl")

    assert answer.status_code == 200, answer.content
    assert [line["status"] for line in answer.json()["lines"]] == ["rejected", "rejected"]
