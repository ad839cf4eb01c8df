"""Who may touch what: people and programs of shops."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.goods import Shop


class Membership(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        STAFF = "staff", _("staff")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="memberships", verbose_name=_("shop")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.STAFF)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "shop"], name="one_membership_per_user_and_shop"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.shop}"


class ApiToken(models.Model):
    """What lets a program of one shop write through the API; the key itself is not kept."""

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="api_tokens", verbose_name=_("shop")
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("What it is used by."))
    can_write = models.BooleanField(_("may write"), default=False)
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    hint = models.CharField(_("ends in"), max_length=4, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.shop} · {self.name}"


class KeptAnswer(models.Model):
    """What a write with an Idempotency-Key was answered, for those who ask again."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="kept_answers")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    location = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="one_answer_per_token_and_key")
        ]

    def __str__(self) -> str:
        return self.key
