"""A password alone opens nothing for whoever has set up a phone, or must."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from catalog import second_factor
from catalog.models import StaffAction
from tests.security import phones
from tests.security.phones import CODE, PASSWORD, is_inside, log_in, shows, with_phone, wrong

SET_UP = "/admin/second-factor/set-up/"
CODES = "/admin/second-factor/codes/"
REMOVE = "/admin/second-factor/remove/"


@pytest.fixture
def phone(admin_person) -> TOTPDevice:
    return with_phone(admin_person)


@pytest.fixture
def waiting(client, phone) -> Client:
    """Who has given the password, and no code yet."""
    log_in(client)
    return client


def test_without_a_phone_the_password_is_enough_while_it_is_optional(client, admin_person):
    log_in(client)

    assert is_inside(client)


def test_with_a_phone_every_page_asks_for_a_code(waiting):
    for address in ("/admin/", "/admin/catalog/product/", "/admin/search/dashboard/"):
        answer = waiting.get(address, follow=True)
        assert answer.request["PATH_INFO"] == CODE
        assert not is_inside(waiting)


def test_nothing_can_be_done_between_password_and_code(waiting, admin_person):
    changed = waiting.post("/admin/password_change/", {"old_password": PASSWORD})

    for address in (SET_UP, CODES, REMOVE, "/admin/second-factor/"):
        waiting.post(address, {"code": "000000", "password": PASSWORD})
    assert changed.status_code == 302
    assert second_factor.is_set_up(admin_person)
    assert not is_inside(waiting)


def test_the_code_of_the_phone_lets_in_to_where_one_wanted_to_go(waiting, phone):
    form = {"code": shows(phone), "next": "/admin/catalog/shop/"}
    answer = waiting.post(CODE, form)

    assert answer["Location"] == "/admin/catalog/shop/"
    assert is_inside(waiting)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_it_leads_to_no_other_site(waiting, phone, elsewhere):
    answer = waiting.post(CODE, {"code": shows(phone), "next": elsewhere})

    assert answer["Location"] == "/admin/"


def test_a_code_is_taken_once(waiting, phone):
    code = shows(phone)
    waiting.post(CODE, {"code": code})
    other = Client()
    log_in(other)

    other.post(CODE, {"code": code})

    assert not is_inside(other)


def test_the_session_has_a_new_name_after_the_password_and_after_the_code(client, phone):
    client.get("/admin/login/")
    log_in(client)
    between = client.cookies["sessionid"].value
    client.post(CODE, {"code": shows(phone)})

    assert client.cookies["sessionid"].value != between
    client.cookies["sessionid"] = between
    assert not is_inside(client)


def test_five_wrong_codes_lock_and_the_password_does_not_unlock(waiting, phone, admin_person):
    statuses = []
    for _ in range(5):
        phones.impatient(admin_person)
        statuses.append(waiting.post(CODE, {"code": wrong(phone)}).status_code)
        log_in(waiting)  # forgives nothing

    phones.impatient(admin_person)
    answer = waiting.post(CODE, {"code": shows(phone)})
    assert statuses == [200, 200, 200, 200, 429]
    assert answer.status_code == 429
    assert not is_inside(waiting)


def test_after_a_wrong_code_the_next_has_to_wait(waiting, phone):
    waiting.post(CODE, {"code": wrong(phone)})

    answer = waiting.post(CODE, {"code": shows(phone)})

    assert "Wait" in answer.content.decode()
    assert not is_inside(waiting)


def test_whoever_has_the_password_keeps_the_owner_waiting_for_a_minute_at_most(waiting, phone):
    long_ago = timezone.now() - timedelta(seconds=65)
    TOTPDevice.objects.update(throttling_failure_count=1000, throttling_failure_timestamp=long_ago)

    waiting.post(CODE, {"code": shows(phone)})

    assert is_inside(waiting)


def test_an_emergency_code_lets_in_once(waiting, phone, admin_person):
    codes = second_factor.make_codes(admin_person)
    written = f"{codes[0][:5].upper()}-{codes[0][5:]}"
    waiting.post(CODE, {"code": written})
    other = Client()
    log_in(other)
    other.post(CODE, {"code": codes[0]})

    assert is_inside(waiting)
    assert not is_inside(other)
    assert second_factor.codes_left(admin_person) == 9


def test_emergency_codes_are_kept_as_digests(admin_person):
    codes = second_factor.make_codes(admin_person)

    kept = set(StaticToken.objects.values_list("token", flat=True))

    assert len(kept) == len(codes) == 10
    assert not kept & set(codes)


def test_a_phone_is_set_up_with_password_and_code(client, admin_person):
    log_in(client)
    page = client.get(SET_UP).content.decode()
    device = phones.offered(client)
    again = client.get(SET_UP).content.decode()

    assert "data:image/svg+xml" in page
    assert second_factor.typed(device) in page and second_factor.typed(device) in again
    answer = client.post(SET_UP, {"code": shows(device), "password": PASSWORD})

    assert "no-store" in answer["Cache-Control"]
    assert answer.content.decode().count("<li><code>") == 10
    assert is_inside(client)
    assert second_factor.is_set_up(admin_person)


@pytest.mark.parametrize("form", [{"password": "wrong"}, {"password": ""}, {"code": "12345x"}])
def test_it_is_not_set_up_without_either(client, admin_person, form):
    log_in(client)
    client.get(SET_UP)
    right = {"code": shows(phones.offered(client)), "password": PASSWORD}

    client.post(SET_UP, right | form)

    assert not second_factor.is_set_up(admin_person)


def test_other_sessions_of_the_person_are_asked_from_then_on(client, admin_person):
    log_in(client)
    other = Client()
    log_in(other)
    client.get(SET_UP)

    device = phones.offered(client)
    client.post(SET_UP, {"code": shows(device), "password": PASSWORD})

    assert is_inside(client)
    assert not is_inside(other)


def test_a_key_that_another_session_was_shown_is_of_no_use(client, admin_person):
    early = Client()
    log_in(early)
    early.get(SET_UP)
    known = phones.offered(early)

    log_in(client)
    client.get(SET_UP)
    client.post(SET_UP, {"code": shows(phones.offered(client)), "password": PASSWORD})

    assert TOTPDevice.objects.get().key != known.key


def test_new_emergency_codes_leave_their_maker_inside(waiting, phone, admin_person):
    codes = second_factor.make_codes(admin_person)
    waiting.post(CODE, {"code": codes[0]})

    made = waiting.post(CODES, {"code": codes[1]}).content.decode()

    assert made.count("<li><code>") == 10
    assert is_inside(waiting)


def test_where_it_is_required_one_is_led_to_the_set_up(client, admin_person, settings):
    settings.ADMIN_SECOND_FACTOR = "required"
    log_in(client)
    page = client.get("/admin/", follow=True)
    assert page.request["PATH_INFO"] == SET_UP
    assert not is_inside(client)

    device = phones.offered(client)
    client.post(SET_UP, {"code": shows(device), "password": PASSWORD})

    assert is_inside(client)


def test_where_it_is_off_nobody_is_asked(client, phone, settings):
    settings.ADMIN_SECOND_FACTOR = "off"
    log_in(client)

    assert is_inside(client)


def inside(client: Client, phone: TOTPDevice) -> Client:
    log_in(client)
    client.post(CODE, {"code": shows(phone)})
    TOTPDevice.objects.update(last_t=F("last_t") - 10)  # as if a while had passed
    assert is_inside(client)
    return client


def test_removing_it_and_making_codes_asks_for_a_code(client, phone, admin_person):
    inside(client, phone)
    client.post(REMOVE, {"code": wrong(phone)})
    phones.impatient(admin_person)
    assert second_factor.is_set_up(admin_person)

    made = client.post(CODES, {"code": shows(phone)}).content.decode()
    TOTPDevice.objects.update(last_t=F("last_t") - 10)
    client.post(REMOVE, {"code": shows(phone)})

    assert made.count("<li><code>") == 10
    assert not second_factor.is_set_up(admin_person)
    assert is_inside(client)


def test_a_lost_phone_is_forgotten_by_a_command(client, phone, admin_person, capsys):
    call_command("forget_second_factor", "admin")

    log_in(client)
    assert is_inside(client)
    assert "password alone" in capsys.readouterr().out
    assert StaffAction.objects.filter(kind="factor_off", username="admin").exists()


@pytest.mark.django_db
def test_the_command_says_that_there_is_nobody_of_that_name():
    with pytest.raises(CommandError, match="nobody named 'ghost'"):
        call_command("forget_second_factor", "ghost")


def test_one_can_leave_without_a_code(waiting):
    waiting.post("/admin/second-factor/leave/")

    assert waiting.get(CODE).status_code == 302
    assert "sessionid" not in waiting.cookies or not waiting.cookies["sessionid"].value


def test_shoppers_pages_look_up_no_session(client, phone):
    log_in(client)

    with CaptureQueriesContext(connection) as asked:
        client.get("/en/products/")

    assert asked.captured_queries
    assert not [each for each in asked.captured_queries if "django_session" in each["sql"]]
