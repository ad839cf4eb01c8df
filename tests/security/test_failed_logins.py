"""Whoever guesses passwords is locked out; who is guessed at, is not."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.core.management import call_command
from django.db.models import F
from django.test import Client
from django.urls import reverse

from catalog import addresses
from catalog.models import StaffAction
from tests.security import phones
from tests.security.phones import is_inside, log_in

HERE, THERE = {"REMOTE_ADDR": "198.51.100.1"}, {"REMOTE_ADDR": "203.0.113.9"}


def guess(times: int, **meta: str) -> list[int]:
    return [log_in(Client(), password=f"guess {n}", **meta).status_code for n in range(times)]


def test_the_fifth_failure_locks_and_says_for_how_long(admin_person):
    statuses = guess(5, **THERE)

    answer = log_in(Client(), **THERE)
    assert statuses == [200, 200, 200, 200, 429]
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    assert "in 15 minutes" in answer.content.decode()


def test_it_says_so_in_the_language_of_the_browser(admin_person):
    guess(5, **THERE)

    answer = log_in(Client(), HTTP_ACCEPT_LANGUAGE="ja", **THERE)

    assert 'lang="ja"' in answer.content.decode()


def test_the_person_guessed_at_comes_in_from_where_they_are(admin_person):
    guess(20, **THERE)

    client = Client()

    assert log_in(client, **HERE).status_code == 302
    assert is_inside(client)


def test_failures_during_a_lock_do_not_lengthen_it(admin_person):
    guess(5, **THERE)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=14))
    guess(3, **THERE)

    assert "in 1 minute." in log_in(Client(), **THERE).content.decode()
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=1))
    assert log_in(Client(), **THERE).status_code == 302


def test_others_are_not_locked_out_at_the_same_address(admin_person, django_user_model):
    django_user_model.objects.create_superuser("other", password=phones.PASSWORD)
    guess(5, **THERE)

    assert log_in(Client(), name="other", **THERE).status_code == 302


def test_a_login_forgives_what_failed_before(admin_person):
    guess(4, **HERE)
    log_in(Client(), **HERE)

    assert guess(4, **HERE) == [200] * 4


def test_addresses_are_those_that_our_own_proxy_wrote(admin_person, settings):
    settings.TRUSTED_PROXIES = 1
    proxy = {"REMOTE_ADDR": "10.0.0.1"}
    guess(5, HTTP_X_FORWARDED_FOR="203.0.113.9", **proxy)

    # Whatever the visitor writes before it.
    spoofed = log_in(Client(), HTTP_X_FORWARDED_FOR="7.7.7.7, 203.0.113.9", **proxy)
    elsewhere = log_in(Client(), HTTP_X_FORWARDED_FOR="203.0.113.9, 198.51.100.1", **proxy)

    assert spoofed.status_code == 429
    assert elsewhere.status_code == 302


def test_without_a_proxy_of_ours_nobody_chooses_an_address(admin_person):
    for n in range(5):
        log_in(Client(), password="guess", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}", **THERE)

    assert log_in(Client(), **THERE).status_code == 429


def test_it_holds_while_the_cache_is_away(admin_person, cache_is_away):
    assert guess(5, **THERE)[-1] == 429
    assert log_in(Client(), **HERE).status_code == 302


def test_a_lock_is_opened_by_a_command(admin_person):
    guess(5, **THERE)

    call_command("axes_reset_username", "admin", verbosity=0)

    assert log_in(Client(), **THERE).status_code == 302


def test_who_found_a_session_open_guesses_the_old_password_no_longer(client, django_user_model):
    clerk = django_user_model.objects.create_user("clerk", password=phones.PASSWORD, is_staff=True)
    client.force_login(clerk)
    new = {"new_password1": "bow and rosin 1", "new_password2": "bow and rosin 1"}

    def changed(old: str) -> int:
        form = {"old_password": old, **new}
        return client.post(reverse("admin:password_change"), form, **HERE).status_code

    assert [changed(f"guess {n}") for n in range(5)] == [200, 200, 200, 200, 429]
    assert changed(phones.PASSWORD) == 429
    clerk.refresh_from_db()
    assert clerk.check_password(phones.PASSWORD)
    assert "bow and rosin" not in str(AccessAttempt.objects.values())
    assert "guess" not in str(AccessAttempt.objects.values())
    assert StaffAction.objects.filter(kind="login_failed").count() == 5
    call_command("axes_reset")
    assert changed(phones.PASSWORD) == 302


def test_no_password_or_code_is_kept_of_a_failure(admin_person):
    log_in(Client(), password="nearly my password", **THERE)

    kept = AccessAttempt.objects.values().get()

    assert "nearly my password" not in str(kept)


@pytest.mark.django_db
def test_a_name_that_does_not_exist_is_locked_like_any_other():
    statuses = [log_in(Client(), name="nobody", **THERE).status_code for _ in range(6)]

    assert statuses == [200, 200, 200, 200, 429, 429]


@pytest.mark.django_db
def test_what_no_text_can_hold_is_a_failed_login_like_any_other():
    answer = log_in(Client(), name="ad\0min", **THERE)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:52100", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("[2001:db8:1:2:bbbb::1]:52100", "2001:db8:1:2::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unknown", None),
    ],
)
def test_a_home_is_one_address_whichever_of_its_own_it_uses(rf, settings, told, counted):
    settings.TRUSTED_PROXIES = 1

    assert addresses.of(rf.get("/", HTTP_X_FORWARDED_FOR=f"10.0.0.1, {told}")) == counted
