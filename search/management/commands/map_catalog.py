from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.engine.errors import EngineError
from search.management import progress
from search.maps import making
from search.maps.stored import MapError


class Command(BaseCommand):
    help = "Make the map of the catalogue that staff see in the admin, as happens every night."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with progress.steps() as told:
                found = making.make(progress=told)
        except (MapError, EngineError) as err:
            raise CommandError(str(err)) from err
        arrays = found.arrays
        groups = len(set(arrays.repeat_groups.tolist()))
        self.stdout.write(
            f"map of build {found.build}: {len(arrays.ids)} products in {len(found.names)} crowds, "
            f"{len(arrays.misfits)} perhaps in a wrong category, {groups} there more than once"
        )
