"""Rows of other apps that name a product, category or shop, go with it, and come back with it.

settings.CATALOG_ATTACHED says which tables people fill by hand; what is computed is made anew.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.db import IntegrityError, models, transaction
from django.db.models import Model, Q, QuerySet

Kept = Mapping[str, Any]  # a row as Django's serializers write it


def going_with(model: type[Model], ids: Iterable[Any] | QuerySet) -> Iterator[QuerySet]:
    """What the database deletes along with these rows of `model`: a queryset for each table."""
    ids = ids if isinstance(ids, QuerySet) else list(ids)
    for name in settings.CATALOG_ATTACHED:
        attached = apps.get_model(name)
        named = Q(pk__in=[])
        for field in references(attached):
            if field.related_model is model and on_delete(field) is models.CASCADE:
                named |= Q(**{f"{field.name}__in": ids})
        yield attached._base_manager.filter(named).order_by("pk")


def as_kept(rows: Iterable[QuerySet]) -> list[Kept]:
    """Rows as JSON."""
    kept = [row for some in rows for row in serializers.serialize("python", some)]
    found: list[Kept] = json.loads(json.dumps(kept, default=_plain))
    return found


def bring_back(kept: Sequence[Kept]) -> tuple[list[Kept], list[Kept]]:
    """Make rows anew under their old numbers; which came back, and which still wait.

    Those wait that name what is still gone. Runs in the caller's transaction.
    """
    found = [each.object for each in serializers.deserialize("python", kept)]
    there = _there(found)
    back, waiting = [], []
    for row, each in zip(found, kept, strict=True):
        if _is_whole(row, there):
            back += [each] if _made(row) else []
        else:
            waiting.append(each)
    return back, waiting


def references(model: type[Model]) -> list[models.ForeignKey]:
    return [field for field in model._meta.fields if isinstance(field, models.ForeignKey)]


def on_delete(field: models.ForeignKey) -> Any:
    return field.remote_field.on_delete


def counted(kept: Iterable[Kept]) -> dict[str, int]:
    """How many of each kind, by the name that people know it by."""
    count: dict[str, int] = defaultdict(int)
    for each in kept:
        count[str(apps.get_model(each["model"])._meta.verbose_name_plural)] += 1
    return dict(count)


def _plain(value: Any) -> str:
    """With its microseconds, which Django's own encoder drops."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _there(rows: Sequence[Model]) -> dict[type[Model], set[Any]]:
    """The numbers that exist, of all that these rows name."""
    named: dict[Any, set[Any]] = defaultdict(set)
    for row in rows:
        for field in references(type(row)):
            named[field.related_model].add(getattr(row, field.attname))
    return {
        model: set(model._base_manager.filter(pk__in=ids - {None}).values_list("pk", flat=True))
        for model, ids in named.items()
    }


def _is_whole(row: Model, there: Mapping[Any, set[Any]]) -> bool:
    """Whether all that it names is there; who made it may have gone."""
    for field in references(type(row)):
        named = getattr(row, field.attname)
        if named is None or named in there[field.related_model]:
            continue
        if on_delete(field) is not models.SET_NULL:
            return False
        setattr(row, field.attname, None)
    return True


def _made(row: Model) -> bool:
    try:
        with transaction.atomic():
            row.save_base(raw=True, force_insert=True)  # as it was: no date of today
    except IntegrityError:  # somebody has made the same meanwhile
        return False
    return True
