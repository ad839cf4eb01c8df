"""Make the thumbnails that pictures lack, as after an upgrade that changed their sizes."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from tqdm import tqdm

from catalog import pictures
from catalog.errors import PictureError
from catalog.models import ProductImage

READ_AT_ONCE = 2000


class Command(BaseCommand):
    help = (
        "Make the thumbnails that stored pictures lack, as after an upgrade that changed their "
        "sizes. What is there already is passed over, so it can be stopped and run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stored = ProductImage.objects.order_by("sha256").values_list("sha256", flat=True).distinct()
        made = failed = 0
        shas = stored.iterator(chunk_size=READ_AT_ONCE)
        for sha256 in tqdm(shas, total=stored.count(), unit="picture", file=sys.stderr):
            try:
                made += pictures.renew(sha256)
            except PictureError as err:
                failed += 1
                self.stderr.write(str(err))
        self.stdout.write(
            _("Thumbnails made of %(made)d pictures; %(failed)d could not be read.")
            % {"made": made, "failed": failed}
        )
