"""What a rule does, in one sentence for the staff of a shop."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from search.models_rules import Rule


def of(rule: Rule) -> str:
    """Such as: Products of the brand “Acme” stay out of all lists."""
    told = {"what": moved(rule), "lists": lists(rule)}
    told |= {"position": str(rule.position), "points": str(rule.strength)}
    sentences: Mapping[str, str] = {
        "pin": _("%(what)s: place %(position)s in %(lists)s"),
        "exclude": _("%(what)s: left out of %(lists)s"),
        "boost": _("%(what)s: %(points)s points up in %(lists)s"),
        "bury": _("%(what)s: %(points)s points down in %(lists)s"),
    }
    sentence = sentences.get(rule.kind, "%(what)s")
    return capfirst(sentence % told)


def moved(rule: Rule) -> str:
    """What it moves."""
    match rule.target:
        case "product":
            return _("“%(name)s”") % {"name": rule.target_product}
        case "category":
            return _("all in “%(name)s”") % {"name": rule.target_category}
        case "shop":
            return _("all of the shop “%(name)s”") % {"name": rule.target_shop}
        case "brand":
            return _("all of the brand “%(name)s”") % {"name": rule.target_brand}
    return _("all priced %(band)s") % {"band": band(rule.target_price_min, rule.target_price_max)}


def lists(rule: Rule) -> str:
    """Where it does so."""
    match rule.scope:
        case "product":
            return _("the list of “%(name)s”") % {"name": rule.scope_product}
        case "category":
            found = _("lists of products in “%(name)s”") % {"name": rule.scope_category}
        case "brand":
            found = _("lists of products of the brand “%(name)s”") % {"name": rule.scope_brand}
        case "price":
            prices = band(rule.scope_price_min, rule.scope_price_max)
            found = _("lists of products priced %(band)s") % {"band": prices}
        case _else:
            found = _("all lists")
    return _("%(lists)s of %(shop)s") % {"lists": found, "shop": rule.shop} if rule.shop else found


def band(least: Decimal | None, most: Decimal | None) -> str:
    told = {"least": shown(least), "most": shown(most)}
    if least is None:
        return _("up to %(most)s") % told
    return _("%(least)s and more") % told if most is None else _("%(least)s to %(most)s") % told


def shown(price: Decimal | None) -> str:
    """Without decimals that say nothing."""
    if price is None:
        return ""
    return number_format(price.to_integral_value() if price == price.to_integral_value() else price)
