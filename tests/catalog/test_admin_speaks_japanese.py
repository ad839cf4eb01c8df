"""The admin in Japanese: also what its packages have in English alone."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from tests.shelves import add_picture, add_product

pytestmark = pytest.mark.django_db

SENTENCE = re.compile(r"[A-Za-z]+ [a-z]+ [a-z]+")
JAPANESE = re.compile(r"[ぁ-んァ-ヴ一-龥]")


class Texts(HTMLParser):
    """What a page says, in attributes too."""

    def __init__(self, html: str):
        super().__init__()
        self._unread = 0
        self.found: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._unread += tag in ("script", "style")
        self.found |= {
            value
            for name, value in attrs
            if value and name in ("placeholder", "title", "alt", "aria-label")
        }

    def handle_endtag(self, tag):
        self._unread -= tag in ("script", "style")

    def handle_data(self, data):
        if not self._unread:
            self.found.add(" ".join(data.split()))


def pages() -> list[str]:
    found = [reverse("admin:index"), reverse("admin:password_change")]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        if thing := model._default_manager.first():
            found += [
                reverse(f"{name}_{page}", args=[thing.pk])
                for page in ("change", "history", "delete")
            ]
    return found


@pytest.fixture
def office(admin_client):
    def read(address: str) -> str:
        answer = admin_client.get(address, headers={"Accept-Language": "ja"})
        return answer.content.decode() if answer.status_code == 200 else ""

    return read


def test_no_page_has_english_sentences(office):
    add_picture(add_product("mug", category="Kitchen"))
    names = tuple(PeriodicTask.objects.values_list("name", flat=True))
    english = {
        (page, text)
        for page in pages()
        for text in Texts(office(page)).found
        if SENTENCE.search(text) and not JAPANESE.search(text) and not text.startswith(names)
    }

    assert english == set()


def test_words_of_packages_are_japanese(office):
    assert {"検索する言葉を入力", "ライト", "ダーク"} <= Texts(
        office("/admin/catalog/product/")
    ).found
    assert "実行する時。「*」はすべて（例：「8,20」）" in office(
        "/admin/django_celery_beat/crontabschedule/add/"
    )


def test_permissions_that_permit_nothing_are_not_offered(office):
    offered = office("/admin/auth/group/add/")

    for name, is_offered in [("view_build", True), ("view_accesslog", False)]:
        permission = Permission.objects.get(codename=name)
        assert (f'<option value="{permission.pk}"' in offered) is is_offered
