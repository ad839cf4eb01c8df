"""What the staff of a shop decide about its lists of similar items."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from search import sentences
from search.querysets import RuleQuerySet

MOST_POINTS: Final = 100  # the whole of a score: what is moved so far is first, or last
LAST_POSITION: Final = 100  # of the longest list that can be asked for
# What each choice of a scope or a target is said by, in fields that are named after it.
SAID_BY: Final[Mapping[str, Sequence[str]]] = {
    "all": (),
    "product": ("product",),
    "category": ("category",),
    "shop": ("shop",),
    "brand": ("brand",),
    "price": ("price_min", "price_max"),
}


def said(prefix: str, name: str) -> Q:
    """That a field is filled in."""
    field = f"{prefix}_{name}"
    return ~Q(**{field: ""}) if name == "brand" else Q(**{f"{field}__isnull": False})


def as_chosen(prefix: str, choices: Sequence[str]) -> Q:
    """That of the fields of these choices those of the one that is chosen are filled in."""
    every = [name for choice in choices for name in SAID_BY[choice]]
    met = Q()
    for choice in choices:
        needed = Q()
        for name in SAID_BY[choice]:
            needed |= said(prefix, name)  # of a band of prices either end may be open
        case = Q(**{prefix: choice}) & needed
        for name in every:
            if name not in SAID_BY[choice]:
                case &= ~said(prefix, name)
        met |= case
    return met


def in_order(first: str, last: str) -> Q:
    open_ended = Q(**{f"{first}__isnull": True}) | Q(**{f"{last}__isnull": True})
    return open_ended | Q(**{f"{last}__gte": F(first)})


class Rule(models.Model):
    """Moves some products in some lists, from one day until another."""

    class Kind(models.TextChoices):
        PIN = "pin", _("pin")
        EXCLUDE = "exclude", _("leave out")
        BOOST = "boost", _("move up")
        BURY = "bury", _("move down")

    class Scope(models.TextChoices):
        ALL = "all", _("all lists")
        PRODUCT = "product", _("the list of one product")
        CATEGORY = "category", _("lists of products in a category")
        BRAND = "brand", _("lists of products of a brand")
        PRICE = "price", _("lists of products at some prices")

    class Target(models.TextChoices):
        PRODUCT = "product", _("one product")
        CATEGORY = "category", _("products in a category")
        SHOP = "shop", _("products of a shop")
        BRAND = "brand", _("products of a brand")
        PRICE = "price", _("products at some prices")

    class State(models.TextChoices):
        OFF = "off", _("off")
        WAITING = "waiting", _("starts later")
        IN_FORCE = "in_force", _("in force")
        ENDED = "ended", _("ended")

    # Whose products' lists it may change; empty for those of every shop.
    shop = models.ForeignKey(
        "catalog.Shop",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="rules",
        verbose_name=_("shop"),
        help_text=_("Whose lists it changes."),
    )
    kind = models.CharField(_("what it does"), max_length=10, choices=Kind.choices)
    position = models.PositiveSmallIntegerField(
        _("place"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LAST_POSITION)],
        help_text=_("1 is the first of the list."),
    )
    strength = models.PositiveSmallIntegerField(
        _("points"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_POINTS)],
        help_text=_("Of 100. What is alike by 80 and moves up by 10 stands at 90."),
    )

    scope = models.CharField(
        _("in which lists"), max_length=10, choices=Scope.choices, default=Scope.ALL
    )
    scope_product = models.ForeignKey(
        "catalog.Product",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="rules_of_list",
        verbose_name=_("whose list"),
    )
    scope_category = models.ForeignKey(
        "catalog.Category",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("in the category"),
        help_text=_("And in all below it."),
    )
    scope_brand = models.CharField(_("of the brand"), max_length=200, blank=True)
    scope_price_min = models.DecimalField(
        _("from the price"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    scope_price_max = models.DecimalField(
        _("up to the price"), max_digits=14, decimal_places=2, null=True, blank=True
    )

    target = models.CharField(
        _("which products"), max_length=10, choices=Target.choices, default=Target.PRODUCT
    )
    target_product = models.ForeignKey(
        "catalog.Product",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="rules",
        verbose_name=_("product"),
    )
    target_category = models.ForeignKey(
        "catalog.Category",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("category"),
        help_text=_("And all below it."),
    )
    target_shop = models.ForeignKey(
        "catalog.Shop",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("of the shop"),
    )
    target_brand = models.CharField(_("brand"), max_length=200, blank=True)
    target_price_min = models.DecimalField(
        _("from this price"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    target_price_max = models.DecimalField(
        _("up to this price"), max_digits=14, decimal_places=2, null=True, blank=True
    )

    starts_at = models.DateTimeField(
        _("starts"), null=True, blank=True, help_text=_("Empty: at once.")
    )
    ends_at = models.DateTimeField(
        _("ends"), null=True, blank=True, help_text=_("Empty: until it is switched off.")
    )
    active = models.BooleanField(_("switched on"), default=True)
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("What it is for; only staff see it.")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("made by"),
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                # An empty field makes a comparison neither true nor false, which Postgres admits.
                condition=Q(
                    kind="pin",
                    target="product",
                    position__isnull=False,
                    position__range=(1, LAST_POSITION),
                )
                | (~Q(kind="pin") & Q(position__isnull=True)),
                name="a_pin_alone_has_a_product_and_a_place",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["boost", "bury"],
                    strength__isnull=False,
                    strength__range=(1, MOST_POINTS),
                )
                | Q(kind__in=["pin", "exclude"], strength__isnull=True),
                name="a_move_up_or_down_alone_has_points",
            ),
            models.CheckConstraint(
                condition=as_chosen("scope", ["all", "product", "category", "brand", "price"]),
                name="rule_says_which_lists",
            ),
            models.CheckConstraint(
                condition=as_chosen("target", ["product", "category", "shop", "brand", "price"]),
                name="rule_says_which_products",
            ),
            models.CheckConstraint(
                condition=in_order("scope_price_min", "scope_price_max")
                & in_order("target_price_min", "target_price_max"),
                name="prices_of_a_rule_are_in_order",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="rule_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return sentences.of(self)

    @property
    def state(self) -> State:
        return self.state_at(timezone.now())

    def state_at(self, moment: datetime) -> State:
        if not self.active:
            return self.State.OFF
        if self.ends_at is not None and self.ends_at <= moment:
            return self.State.ENDED
        waits = self.starts_at is not None and self.starts_at > moment
        return self.State.WAITING if waits else self.State.IN_FORCE
