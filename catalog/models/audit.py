"""What staff did: written once and never changed, as the database itself makes sure."""

from django.db import models
from django.utils.translation import gettext_lazy as _

WHAT = 200  # characters of a name


class StaffAction(models.Model):
    """One line of the audit log.

    It names people and things by what they were called, and holds no reference to them: it stays
    when they go, and says what was so at the time.
    """

    class Kind(models.TextChoices):
        ADD = "add", _("added")
        CHANGE = "change", _("changed")
        DELETE = "delete", _("deleted")
        ACTION = "action", _("done with a list")
        EXPORT = "export", _("downloaded")
        IMPORT = "import", _("import")
        UNDO = "undo", _("taken back")
        MAP = "map", _("decided on the map")
        PUBLISH = "publish", _("published a build")
        ROLLBACK = "rollback", _("rolled back")
        REINDEX = "reindex", _("asked for a reindex")
        SCHEDULE = "schedule", _("changed the schedule")
        TOKEN_MADE = "token_made", _("made a token")
        TOKEN_REVOKED = "token_revoked", _("revoked a token")
        LOGIN = "login", _("logged in")
        LOGIN_FAILED = "login_failed", _("failed to log in")
        LOCKED = "locked", _("locked out")
        LOGOUT = "logout", _("logged out")
        PASSWORD = "password", _("changed their password")
        FACTOR_PASSED = "factor_passed", _("gave the second factor")
        FACTOR_FAILED = "factor_failed", _("failed at the second factor")
        FACTOR_ON = "factor_on", _("set up the second factor")
        FACTOR_OFF = "factor_off", _("took the second factor away")
        CODES = "codes", _("made new emergency codes")
        OTHER = "other", _("something else")

    at = models.DateTimeField(_("time"), auto_now_add=True, db_index=True)
    user_id = models.BigIntegerField(null=True, editable=False)
    username = models.CharField(_("who"), max_length=150, blank=True)
    address = models.GenericIPAddressField(_("from"), null=True)
    kind = models.CharField(_("did"), max_length=20, choices=Kind.choices)
    model = models.CharField(_("kind of thing"), max_length=100, blank=True)
    object_id = models.CharField(_("number"), max_length=100, blank=True)
    what = models.CharField(_("what"), max_length=WHAT, blank=True)
    detail = models.TextField(_("in detail"), blank=True)

    class Meta:
        verbose_name = _("action of staff")
        verbose_name_plural = _("audit log")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.username, self.get_kind_display(), self.what]))
