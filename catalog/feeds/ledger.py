"""Which products a file has spoken of so far."""

import hashlib


def _mark(shop_id: int, sku: str) -> int:
    # Eight bytes for each product, where a million skus would take a hundred times as many.
    digest = hashlib.blake2b(f"{shop_id}:{sku}".encode(), digest_size=8).digest()
    return int.from_bytes(digest)


class Ledger:
    def __init__(self) -> None:
        self.unnamed = 0  # rows that don't even tell their sku
        self._taken: set[int] = set()
        self._refused: set[int] = set()

    def take(self, *, shop_id: int, sku: str) -> bool:
        """Note a good row; False where the file has one for the product already."""
        mark = _mark(shop_id, sku)
        if mark in self._taken:
            return False
        self._taken.add(mark)
        return True

    def refuse(self, *, sku: str) -> None:
        """Note a bad row: the file does hold the product, in whichever shop."""
        if sku:
            self._refused.add(_mark(0, sku))
        else:
            self.unnamed += 1

    def holds(self, *, shop_id: int, sku: str) -> bool:
        return _mark(shop_id, sku) in self._taken or _mark(0, sku) in self._refused
