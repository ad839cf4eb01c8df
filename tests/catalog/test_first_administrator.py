"""A new site gets one administrator, once."""

import io
import re

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.urls import reverse

pytestmark = pytest.mark.django_db


def create_admin() -> str:
    out = io.StringIO()
    call_command("create_admin", stdout=out)
    return out.getvalue()


def test_the_printed_name_and_password_open_the_admin(client):
    ((name, password),) = re.findall(r"administrator (\S+), password (\S+)", create_admin())

    client.post(reverse("admin:login"), {"username": name, "password": password})

    assert name == "admin"
    assert User.objects.get(username=name).is_superuser
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_second_run_changes_nothing_and_prints_no_password():
    create_admin()

    printed = create_admin()

    assert "exists" in printed
    assert "password" not in printed
    assert User.objects.count() == 1


def test_an_ordinary_user_of_that_name_is_left_alone():
    User.objects.create_user("admin", password="theirs")

    create_admin()

    assert not User.objects.get(username="admin").is_superuser
    assert User.objects.filter(is_superuser=True).count() == 1
