"""Pages between a login and the admin, and those where people look after their second factor."""

import math
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.contrib import admin, auth
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from catalog import addresses, audit, second_factor, signing_in
from catalog.audit import Kind

NEXT = "next"
OUTSIDE = "unfold/layouts/unauthenticated.html"
INSIDE = "admin/base_site.html"


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": "", "spellcheck": "false"}
        ),
    )


class SetUpForm(CodeForm):
    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("password", "code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["code"].widget.attrs["autofocus"]  # the password comes first


class Asker(NamedTuple):
    """Who asks, and whether they are in the admin already or still before its door."""

    user: Any
    inside: bool


def asker_of(request: HttpRequest) -> Asker | None:
    if request.user.is_active and request.user.is_staff:
        return Asker(request.user, inside=True)
    waiting = signing_in.who_waits(request)
    return Asker(waiting, inside=False) if waiting is not None else None


@never_cache
def login(request: HttpRequest) -> HttpResponseBase:
    """Django's, but that whoever owes the second factor is asked for that."""
    if request.method != "POST" and signing_in.who_waits(request) is not None:
        return redirect(f"{reverse('second-factor:code')}?{urlencode({NEXT: after(request)})}")
    return admin.site.login(request)


@csrf_protect
@sensitive_post_parameters()
def password_change(request: HttpRequest) -> HttpResponseBase:
    """Django's, but that a wrong old password counts as a failed login."""
    if request.method == "POST" and request.user.is_authenticated:
        user: Any = request.user
        if not signing_in.may_try(request, user):
            signing_in.failed(request, user, factor="password")
            return HttpResponse(status=429)  # axes puts the page of a lock in its place
        if not user.check_password(request.POST.get("old_password", "")):
            signing_in.failed(request, user, factor="password")
    return admin.site.admin_view(admin.site.password_change, cacheable=True)(request)


@never_cache
@csrf_protect
@sensitive_post_parameters("code")
def code(request: HttpRequest) -> HttpResponse:
    """Ask for a code; who has no phone yet and must have one is sent to set it up."""
    user: Any = signing_in.who_waits(request)
    if user is None:
        return redirect(after(request))
    if not second_factor.is_set_up(user):
        return redirect(f"{reverse('second-factor:set-up')}?{urlencode({NEXT: after(request)})}")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        checked = checked_code(request, user, form)
        if checked.device is not None:
            signing_in.admit(request, user, checked.device)
            audit.record(Kind.FACTOR_PASSED, request=request, user=user, what=checked.device.name)
            return redirect(after(request))
    return shown(request, "code", inside=False, title=_("Second factor"), form=form)


@never_cache
@csrf_protect
@sensitive_post_parameters("code", "password")
def set_up(request: HttpRequest) -> HttpResponse:
    """Have a phone photograph a key, and show that it did."""
    asker = asker_of(request)
    if asker is None:
        return redirect("admin:login")
    if second_factor.is_set_up(asker.user) or settings.ADMIN_SECOND_FACTOR == "off":
        return redirect("second-factor:page")
    form = SetUpForm(request.POST or None)
    if form.is_valid() and knows_password(request, asker.user, form):
        shown_code = "".join(form.cleaned_data["code"].split())
        made = second_factor.confirm(asker.user, request.session, shown_code)
        if made is not None:
            signing_in.admit(request, asker.user, made)
            audit.record(Kind.FACTOR_ON, request=request, user=asker.user)
            return told_codes(request, asker)
        refuse(request, asker.user, form, wait=0)
    device = second_factor.begin(asker.user, request.session)
    picture, key = second_factor.drawn(device), second_factor.typed(device)
    title = _("Set up the second factor")
    return shown(
        request, "set_up", inside=asker.inside, title=title, form=form, picture=picture, key=key
    )


def page(request: HttpRequest) -> HttpResponse:
    """What somebody has, and what they may do about it."""
    return own_page(request, CodeForm())


def own_page(request: HttpRequest, form: CodeForm) -> HttpResponse:
    return shown(
        request,
        "page",
        inside=True,
        title=_("Second factor"),
        form=form,
        is_set_up=second_factor.is_set_up(request.user),
        left=second_factor.codes_left(request.user),
        policy=settings.ADMIN_SECOND_FACTOR,
    )


@never_cache
@require_POST
@sensitive_post_parameters("code")
def new_codes(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if not (form.is_valid() and checked_code(request, request.user, form).device):
        return own_page(request, form)
    audit.record(Kind.CODES, request=request)
    return told_codes(request, Asker(request.user, inside=True))


@require_POST
@sensitive_post_parameters("code")
def remove(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if not (form.is_valid() and checked_code(request, request.user, form).device):
        return own_page(request, form)
    second_factor.forget(request.user)
    audit.record(Kind.FACTOR_OFF, request=request)
    return redirect("second-factor:page")


@require_POST
@csrf_protect
def leave(request: HttpRequest) -> HttpResponse:
    """Out again, of somebody who has no code at hand."""
    auth.logout(request)
    return redirect("admin:login")


def told_codes(request: HttpRequest, asker: Asker) -> HttpResponse:
    codes = second_factor.make_codes(asker.user)
    if not asker.inside:
        # Until now the session was nobody's, and a later request has its own.
        request.user = asker.user
    title = _("Emergency codes")
    return shown(request, "codes", inside=asker.inside, title=title, codes=codes)


def checked_code(request: HttpRequest, user: Any, form: CodeForm) -> second_factor.Checked:
    """With what is wrong beside the field; a wrong code counts as a failed login."""
    if not signing_in.may_try(request, user):
        signing_in.failed(request, user, factor="code")
        return second_factor.Checked(None, 0)
    checked = second_factor.check(user, form.cleaned_data["code"])
    if checked.device is None:
        refuse(request, user, form, wait=checked.wait)
    return checked


def refuse(request: HttpRequest, user: Any, form: CodeForm, *, wait: int) -> None:
    if wait:
        told = ngettext(
            "Wait %(n)d second, then try again.", "Wait %(n)d seconds, then try again.", wait
        )
        form.add_error("code", told % {"n": wait})
        return
    signing_in.failed(request, user, factor="code")
    form.add_error("code", _("That is not the code. Is the clock of your phone right?"))


def knows_password(request: HttpRequest, user: Any, form: SetUpForm) -> bool:
    """A session that was left open must not tie somebody else's phone to an account."""
    if signing_in.may_try(request, user) and user.check_password(form.cleaned_data["password"]):
        return True
    signing_in.failed(request, user, factor="password")
    form.add_error("password", _("That is not your password."))
    return False


def locked(request: HttpRequest, response: Any, credentials: dict | None) -> HttpResponse:
    """What axes has us answer to whoever failed too often, whatever they asked for."""
    minutes = math.ceil(
        left(request, (credentials or {}).get("username", "")) / timedelta(minutes=1)
    )
    answer = shown(request, "locked", inside=False, title=_("Locked"), minutes=max(1, minutes))
    answer.status_code = 429
    answer["Retry-After"] = str(60 * max(1, minutes))
    answer["Cache-Control"] = "no-store"
    return answer


def left(request: HttpRequest, username: str) -> timedelta:
    """How long a lock stays; failures while it is there don't lengthen it."""
    whole = get_cool_off(request) or timedelta()
    tries = AccessAttempt.objects.filter(username=username, ip_address=addresses.of(request))
    last = tries.order_by("-attempt_time").first()
    return last.attempt_time + whole - timezone.now() if last is not None else whole


def after(request: HttpRequest) -> str:
    """Where somebody wanted to go, if that is here."""
    wanted = request.POST.get(NEXT) or request.GET.get(NEXT, "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
        return wanted
    return reverse("admin:index")


def shown(
    request: HttpRequest, name: str, *, inside: bool, title: str, **more: Any
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": title,
        "layout": INSIDE if inside else OUTSIDE,
        "inside": inside,
        NEXT: after(request),
        **more,
    }
    return render(request, f"admin/second_factor/{name}.html", context)
