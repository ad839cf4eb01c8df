"""A proxy that ends HTTPS passes forms on as plain HTTP, with the origin that the visitor sees."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse


def sign_in_from(origin: str) -> int:
    """The status of the answer."""
    client = Client(enforce_csrf_checks=True)
    client.get(reverse("admin:login"))
    form = {
        "username": "nobody",
        "password": "wrong",
        "csrfmiddlewaretoken": client.cookies["csrftoken"].value,
    }
    return client.post(reverse("admin:login"), form, headers={"origin": origin}).status_code


@pytest.mark.django_db
def test_takes_a_form_from_the_address_of_the_site():
    assert sign_in_from(settings.SITE_URL) == 200


@pytest.mark.django_db
def test_refuses_a_form_from_elsewhere():
    assert sign_in_from("https://elsewhere.example") == 403
