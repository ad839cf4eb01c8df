"""Files that are uploaded, and a worker that reads them."""

from catalog import imports
from catalog.models import Import


def table(rows: int, *, bad: int = 0) -> bytes:
    lines = [f"A{n},Pot {n},{n}.50" for n in range(rows)] + [f"B{n},Bad,x" for n in range(bad)]
    return ("sku,title,price\n" + "\n".join(lines)).encode()


def read(imported: Import, **called: str) -> Import:
    imports.start(imported=imported, by=imported.by, called=called, hide_missing=False)
    imports.run(imported.pk)
    imported.refresh_from_db()
    return imported
