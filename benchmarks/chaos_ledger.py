"""What the site has acknowledged, exactly, and what it may or may not have done."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

State = dict[str, Any]  # fields of a product as they are written, and "pictures": their SHA-256


@dataclass
class Write:
    """One request, and what the products are once it is done; None is deleted."""

    kind: str
    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    after: dict[str, State | None]  # by sku
    begun: float = field(default_factory=time.monotonic)
    attempts: int = 0
    due: float = 0.0  # when to try again


class Ledger:
    """Written by several threads. A product with a write under way gets no other meanwhile."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.states: dict[str, State | None] = {}  # as acknowledged last
        self.pending: dict[str, Write] = {}  # by sku
        self.ids: dict[str, int] = {}
        self.deleted: dict[int, float] = {}  # by id: when that was acknowledged
        self.touched: dict[str, float] = {}  # by sku: when a write of it was acknowledged last
        self.acknowledged: Counter[str] = Counter()
        self.attempts: Counter[str] = Counter()  # by what became of them
        self.refused: list[str] = []  # answers that no write of ours should get

    def begin(self, write: Write) -> None:
        """The lock is held."""
        for sku in write.after:
            self.pending[sku] = write

    def settle(self, write: Write, ids: dict[str, int]) -> None:
        """A write was acknowledged; ids : of products that it made."""
        now = time.monotonic()
        with self.lock:
            self.ids.update(ids)
            for sku, state in write.after.items():
                self.states[sku] = state
                self.touched[sku] = now
                if state is None:
                    self.deleted[self.ids[sku]] = now
                del self.pending[sku]
            self.acknowledged[write.kind] += 1

    def refuse(self, write: Write, answer: str) -> None:
        """A write got an answer that means it was not done, which it should have been."""
        with self.lock:
            for sku in write.after:
                del self.pending[sku]
            self.refused.append(f"{write.method} {write.path} ({write.attempts}th try): {answer}")

    def count(self, outcome: str) -> None:
        with self.lock:
            self.attempts[outcome] += 1

    def idle(self) -> list[str]:
        """Products that exist and have no write under way. The lock is held."""
        return [sku for sku, state in self.states.items() if state and sku not in self.pending]

    def shown(self, sku: str, state: State) -> dict[str, Any]:
        """What the API has to answer of a product in this state."""
        fields = {name: value for name, value in state.items() if name != "pictures"}
        return {"sku": sku, **fields}

    def as_json(self) -> dict[str, Any]:
        """For the process that compares it with the database."""
        with self.lock:
            return {
                "states": self.states,
                "pending": {sku: write.after[sku] for sku, write in self.pending.items()},
            }
