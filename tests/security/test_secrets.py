"""Keys are long, come from the environment or files, can be changed, and are told nobody."""

import pytest
from django.core import signing
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter

from catalog import tokens
from catalog.models import ApiToken, Shop
from tests.config.deployed import start_up

LONG = "a-key-of-fifty-characters-that-nobody-else-may-see-1"


def test_a_short_key_stops_the_start_and_is_not_told(tmp_path):
    stopped = start_up(SECRET_KEY="hunter2hunter2", DATA_DIR=str(tmp_path))

    assert stopped.returncode != 0
    assert "SECRET_KEY has 14 characters" in stopped.stderr
    assert "hunter2" not in stopped.stderr


def test_a_key_may_stand_in_a_file(tmp_path):
    path = tmp_path / "key"
    path.write_text(LONG)

    assert start_up(SECRET_KEY_FILE=str(path), DATA_DIR=str(tmp_path)).returncode == 0


@pytest.mark.parametrize(
    "variables",
    [
        {"DATABASE_URL": "mysql://me:hunter2hunter2@here/shop"},
        {"CELERY_BROKER_URL": "kafka://me:hunter2hunter2@here"},
        {"SECRET_KEY_FALLBACKS": "hunter2hunter2", "TRUSTED_PROXIES": "many"},
        {"AWS_SECRET_ACCESS_KEY": "hunter2hunter2", "AWS_STORAGE_BUCKET_NAME": "bad/name"},
    ],
    ids=["database", "broker", "fallbacks", "bucket"],
)
def test_what_does_not_parse_is_told_without_its_password(variables, tmp_path):
    stopped = start_up(SECRET_KEY=LONG, DATA_DIR=str(tmp_path), **variables)

    assert "hunter2" not in stopped.stderr + stopped.stdout


def test_what_an_earlier_key_signed_is_taken_and_signed_anew_by_the_new_one(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = LONG, []
    before = signing.dumps("me")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = LONG[::-1], [LONG]

    assert signing.loads(before) == "me"
    assert signing.loads(signing.dumps("me"), key=LONG[::-1]) == "me"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(signing.BadSignature):
        signing.loads(before)


@pytest.mark.django_db
def test_people_stay_logged_in_while_a_key_is_changed(admin_user, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = LONG, []
    client = Client()
    client.force_login(admin_user)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = LONG[::-1], [LONG]

    assert client.get("/admin/").status_code == 200


def test_several_earlier_keys_are_read_by_commas_or_from_lines_of_a_file(tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"{LONG}\n{LONG[::-1]}\n")
    program = "from config.settings import SECRET_KEY_FALLBACKS as f; assert len(f) == 2, f"

    for given in ({"SECRET_KEY_FALLBACKS_FILE": str(path)}, {"SECRET_KEY_FALLBACKS": "one,two"}):
        told = start_up(program=program, SECRET_KEY=LONG, DATA_DIR=str(tmp_path), **given)
        assert told.returncode == 0, told.stderr


def test_pages_of_errors_with_source_hide_settings_and_what_signs_a_request_in(settings):
    settings.DEBUG = True
    settings.SECRET_KEY = LONG
    settings.REDIS_URL = "redis://:hunter2hunter2@here/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": settings.REDIS_URL}}
    headers = {"authorization": f"Bearer {LONG}", "cookie": f"sessionid={LONG}"}
    request = RequestFactory().get("/", headers=headers)

    page = ExceptionReporter(request, ValueError, ValueError("broken"), None).get_traceback_html()

    assert "hunter2" not in page
    assert LONG not in page


@pytest.mark.django_db
def test_of_a_token_only_its_digest_is_kept():
    shop = Shop.objects.create(slug="acme", name="Acme")
    token, key = tokens.issue(shop=shop, name="feed", can_write=True)

    kept = ApiToken.objects.filter(pk=token.pk).values().get()

    assert all(key.removeprefix(tokens.PREFIX) not in str(value) for value in kept.values())
    assert len(kept["digest"]) == 64
