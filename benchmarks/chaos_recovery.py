"""From a fault to a site that is whole again, as the shop's program and a visitor find it."""

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.chaos_faults import EVERY
from benchmarks.chaos_ledger import Ledger
from benchmarks.chaos_site import Site
from benchmarks.chaos_writers import Writers
from benchmarks.web import Client

PATIENCE: Final = 600.0  # seconds; what is not whole by then is not going to be
ANSWER: Final = 5.0  # seconds
LOOKED_AT: Final = 40  # products written last
TRIES: Final = 10


@dataclass
class Recovery:
    """Seconds from the kill, or from the end of an outage; None where it never came to that.

    accepted : a write is acknowledged. recommended : what was written is in a list. up : all parts
    run and are ready. meanwhile : writes acknowledged during an outage.
    """

    kind: str
    accepted: float | None = None
    recommended: float | None = None
    up: float | None = None
    meanwhile: int = 0
    took: float = field(default=0.0)  # the fault itself

    @property
    def whole(self) -> bool:
        return None not in (self.accepted, self.recommended, self.up)

    @property
    def seconds(self) -> float:
        return max(each or PATIENCE for each in (self.accepted, self.recommended, self.up))

    def __str__(self) -> str:
        return (
            f"{self.kind}: whole after {self.seconds:.1f} s (write accepted {self.accepted}, "
            f"recommended {self.recommended}, up {self.up}); {self.meanwhile} writes meanwhile"
        )


def recover(
    site: Site,
    name: str,
    writers: Writers,
    neighbour: int,
    mistaken: list[str],
    ledger: Ledger,
    key: str,
) -> Recovery:
    """Do one thing to the site and wait until it is whole.

    neighbour : a product whose list the probe is looked for in. mistaken : products that were not
    answered as the ledger has them are added to it.
    """
    found = Recovery(name)
    before, begun = acknowledged(ledger), time.monotonic()
    EVERY[name](site)
    since = time.monotonic()
    found.took, found.meanwhile = round(since - begun, 1), acknowledged(ledger) - before
    client, until = Client(site.port, timeout=ANSWER), since + PATIENCE
    price = f"{9_000_000 + begun % 100_000:.2f}"
    made = writers.make(client, price=price, until=until)
    if made is None:
        return found
    found.accepted = passed(since)
    path = f"/api/v1/products/{neighbour}/similar/?k=5&price_min={price}&price_max={price}"
    while time.monotonic() < until and not found.whole:
        if found.recommended is None and made in listed(client, path):
            found.recommended = passed(since)
        if found.up is None and site.is_up():
            found.up = passed(since)
        time.sleep(0.1)
    mistaken += differing(client, ledger, key)
    return found


def passed(since: float) -> float:
    return round(time.monotonic() - since, 2)


def acknowledged(ledger: Ledger) -> int:
    with ledger.lock:
        return sum(ledger.acknowledged.values())


def answered(client: Client, path: str, **headers: str) -> tuple[int, Any]:
    """Status and JSON; 0 where there is no answer."""
    try:
        status, body = client.get(path, **headers)
        return status, json.loads(body)
    except (OSError, ValueError, http.client.HTTPException):
        return 0, None
    finally:
        client.close()


def told(client: Client, path: str, **headers: str) -> tuple[int, Any]:
    """Asked again where nobody answers, which says nothing of the product."""
    for _ in range(TRIES):
        status, answer = answered(client, path, **headers)
        if 0 < status < 500:
            break
        time.sleep(1)
    return status, answer


def listed(client: Client, path: str) -> set[int]:
    status, answer = answered(client, path)
    return {each["product"]["id"] for each in answer["results"]} if status == 200 else set()


def differing(client: Client, ledger: Ledger, key: str) -> list[str]:
    """Of the products that were written last, those that the API tells otherwise."""
    with ledger.lock:
        ours = [sku for sku in ledger.touched if sku in ledger.ids and sku not in ledger.pending]
        ours = sorted(ours, key=ledger.touched.__getitem__)[-LOOKED_AT:]
        noted = {sku: (ledger.ids[sku], ledger.states[sku], ledger.touched[sku]) for sku in ours}
    found = []
    for sku, (pk, state, touched) in noted.items():
        path = f"/api/v1/products/{pk}/"
        status, answer = told(client, path, Authorization=f"Bearer {key}")
        with ledger.lock:
            if sku in ledger.pending or ledger.touched[sku] != touched:
                continue  # written again meanwhile
        if not agrees(status, answer, sku, state):
            found.append(f"{sku}: {status} {answer} where {state} was acknowledged")
    return found


def agrees(status: int, answer: Any, sku: str, state: Any) -> bool:
    if state is None:
        return status == 404
    told = {"sku": sku, **state, "category": state["category"] or None}
    told["in_stock"] = told.pop("stock") != 0
    names = told.pop("pictures")
    del told["published"]  # told by a write's answer alone
    if status != 200 or len(answer["images"]) != len(names):
        return False
    shown = zip(names, answer["images"], strict=True)
    return all(answer[name] == value for name, value in told.items()) and all(
        sha256 in image["url"] for sha256, image in shown
    )
