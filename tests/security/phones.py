"""What a phone shows, and clients that have come as far as it lets them."""

import time
from binascii import unhexlify
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from catalog import second_factor

PASSWORD = "strings and wood"
LOGIN = "/admin/login/"
CODE = "/admin/second-factor/code/"


def shows(device: TOTPDevice, *, steps: int = 0) -> str:
    """The digits of now, or of so many half minutes later."""
    totp = TOTP(unhexlify(device.key), device.step, device.t0, device.digits)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06}"


def with_phone(user: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="phone")


def offered(client: Client) -> TOTPDevice:
    """The phone that this client's page of the set-up shows the key of."""
    session = client.session
    return TOTPDevice(user_id=session[SESSION_KEY], key=session[second_factor.OFFERED])


def wrong(device: TOTPDevice) -> str:
    """Digits that it shows at no time near now."""
    near = {shows(device, steps=steps) for steps in range(-3, 4)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in near)


def log_in(client: Client, *, name: str = "admin", password: str = PASSWORD, **meta: Any):
    form = {"username": name, "password": password}
    return client.post(LOGIN, form, **meta)


def is_inside(client: Client) -> bool:
    return bool(client.get("/admin/").status_code == 200)


def impatient(user: User) -> None:
    """Have no wait after a wrong code."""
    TOTPDevice.objects.filter(user=user).update(throttling_failure_timestamp=None)
