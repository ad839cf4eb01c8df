"""What every answer tells browsers, and what those behind a proxy are sent to."""

import pytest
from django.http import HttpRequest

from catalog import addresses

PAGES = ["/en/", "/ja/products/", "/en/nowhere", "/api/v1/shops/", "/api/v1/docs/", "/admin/login/"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_every_answer_tells_browsers_what_they_must_not_do(client, address):
    answer = client.get(address)

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "10.0.0.9"),
        (0, "203.0.113.5", "10.0.0.9"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "6.6.6.6, 203.0.113.5", "203.0.113.5"),
        (2, "6.6.6.6, 203.0.113.5, 192.0.2.1", "203.0.113.5"),
        (2, "203.0.113.5", "203.0.113.5"),
        (1, "2001:DB8::1", "2001:db8::"),
        (1, "nonsense", None),
    ],
)
def test_an_address_is_what_our_own_proxies_wrote(proxies, forwarded, address, settings):
    settings.TRUSTED_PROXIES = proxies
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "10.0.0.9", "HTTP_X_FORWARDED_FOR": forwarded}

    assert addresses.of(request) == address
