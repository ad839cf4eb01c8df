"""Requests as nobody's program sends them, drawn by hypothesis from the API's own schema."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st

from benchmarks.fuzz_pictures import drawn

PICTURES: Final = [drawn("JPEG"), drawn("PNG"), b"", b"GIF89a", drawn("WEBP")[:40]]
CHARSETS: Final = ["utf-8", "utf-16", "cp932", "rot13", "hex", "idna", "klingon", "\xff", "utf-7"]
TYPES: Final = [
    *("application/json", "application/jsonl", "application/x-ndjson", "text/plain", "*/*", ""),
    *("application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary="),
]
ODD_TEXT: Final = [
    *("", "\0", "\ud800", "%00", "NaN", "Infinity", "-1", "0", "1e999", "9" * 400, "9" * 5000),
    *("9223372036854775808", "1,2,3", "0.1,0.1,2,2", "nan,nan,nan,nan", "image:1,text:0", "١٢"),
    *("image:nan", "image:1e400", "image:1e308,text:1e308", "true", "acme:A-1", ":", "A > B", "🫖"),
    *("'\"<>;--", "../../etc/passwd", "a" * 10_000, "%s%n", "{{7*7}}", "\u202e", "2026-13-45"),
]
ODD_JSON: Final = [
    *("NaN", "1e999", "-1e999", "1e99999999999999999999", "9" * 5000, '"\\ud800"', '"\\u0000"'),
    *("null", "{}", "[]", "[[]]", "true", '{"image": 1e400}', '{"a": {"a": 1}}', "1.5", "-0"),
]
NAMES: Final = [
    *("sku", "title", "description", "category", "brand", "color", "price", "currency", "stock"),
    *("url", "item_group_id", "attributes", "published", "positive", "negative", "ids", "k", "mix"),
    *("filters", "recommendation_id", "product", "type", "image", "crop", "q", "diversity", "x\0"),
]
PLAIN: Final = {"sku": "new-1", "title": "Pot", "price": "1980", "stock": 2, "ids": [1], "k": 3}
HEADERS: Final = [
    *("ACCEPT", "ACCEPT_LANGUAGE", "ACCEPT_ENCODING", "X_VISITOR", "IDEMPOTENCY_KEY", "IF_MATCH"),
    *("IF_NONE_MATCH", "IF_MODIFIED_SINCE", "COOKIE", "X_FORWARDED_FOR", "X_FORWARDED_PROTO"),
    *("ORIGIN", "RANGE", "HX_REQUEST", "X_CSRFTOKEN", "REFERER", "HOST", "X_HTTP_METHOD_OVERRIDE"),
    *("ACCESS_CONTROL_REQUEST_METHOD", "AUTHORIZATION", "EXPECT", "TRANSFER_ENCODING"),
]
METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"]


class Asked(NamedTuple):
    method: str
    path: bytes  # as it stands in the request's first line, without percent signs
    query: str  # percent signs and all
    type: str
    body: bytes
    headers: dict[str, str]
    may_write: bool


text = st.one_of(
    st.sampled_from(ODD_TEXT),
    st.text(max_size=30),
    st.integers().map(str),
    st.floats().map(str),
)
raw = text.map(lambda found: found.encode("utf-8", "surrogatepass")) | st.binary(max_size=20)


def query(names: list[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(st.sampled_from(names or NAMES), raw)
    written = pair.map(lambda each: f"{quote(each[0])}={quote(each[1])}")
    return st.lists(written, max_size=4).map("&".join) | text.map(
        lambda found: found.encode("utf-8", "replace").decode("latin-1")[:500]
    )


def written_object(pairs: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}: {value}" for name, value in pairs) + "}"


def plausible(pairs: list[tuple[str, str]]) -> str:
    """A good body, some of whose values are odd."""
    members = {json.dumps(name): json.dumps(value) for name, value in PLAIN.items()}
    members |= {json.dumps(name): value for name, value in pairs}
    return "{" + ",".join(f"{name}: {value}" for name, value in members.items()) + "}"


values = st.recursive(
    st.sampled_from(ODD_JSON) | text.map(json.dumps) | st.integers().map(str),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda found: f"[{','.join(found)}]")
        | st.lists(st.tuples(st.sampled_from(NAMES), inner), max_size=3).map(written_object)
    ),
    max_leaves=8,
)


objects = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=3).map(plausible)
deep = st.sampled_from([200, 900, 990, 5000, 100_000]).map(
    lambda depth: '{"attributes": ' + "[" * depth + "]" * depth + ', "sku": "deep"}'
)
documents = objects | values | deep | st.lists(objects | values | deep, max_size=3).map("\n".join)
encoded = st.tuples(documents, st.sampled_from(["utf-8", "utf-16", "utf-32", "cp932"])).map(
    lambda each: each[0].encode(each[1], "replace")
)
pictures = st.sampled_from(PICTURES) | st.binary(max_size=40)


def form(fields: list[tuple[str, bytes]], picture: bytes, name: str, kind: str) -> bytes:
    """A multipart body with the boundary `x`."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="' + field.encode() + b'"\r\n\r\n' + value
        for field, value in fields
    ]
    head = f'--x\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n{kind}\r\n'
    parts.append(head.encode("utf-8", "replace") + b"\r\n" + picture)
    return b"\r\n".join([*parts, b"--x--\r\n"])


forms = st.builds(
    form,
    st.lists(st.tuples(st.sampled_from(["crop", "q", "k", "mix", "position"]), raw), max_size=3),
    pictures,
    text,
    st.sampled_from(["Content-Type: image/png", "Content-Type: \xff/;;", "X", ""]),
)
cut = st.tuples(forms, st.integers(0, 300)).map(lambda each: each[0][: -each[1] or None])
bodies = st.one_of(
    st.tuples(st.just("application/json"), encoded),
    st.tuples(st.sampled_from(["application/jsonl", "application/x-ndjson"]), encoded),
    st.tuples(st.just("multipart/form-data; boundary=x"), forms | cut),
    st.tuples(
        st.builds("{}; charset={}".format, st.sampled_from(TYPES), st.sampled_from(CHARSETS)),
        encoded | st.binary(max_size=60) | query([]).map(lambda found: found.encode("latin-1")),
    ),
    st.tuples(st.sampled_from(TYPES), st.binary(max_size=60)),
)
headers = st.dictionaries(
    st.sampled_from(HEADERS),
    text.map(lambda found: found.encode("utf-8", "replace").decode("latin-1")),
    max_size=3,
)


def requests(operations: Mapping[tuple[str, str], list[str]]) -> st.SearchStrategy[Asked]:
    """operations : names of query parameters, by method and path without what is in braces."""

    def asked(operation: tuple[str, str]) -> st.SearchStrategy[Asked]:
        method, path = operation
        reference = st.sampled_from([b"1", b"2", b"demo:1", b"0"]) | raw
        return st.builds(
            lambda method, filled, query, body, headers, may: Asked(
                method=method,
                path=path.encode().replace(b"{id}", filled),
                query=query,
                type=body[0],
                body=body[1],
                headers=headers,
                may_write=may,
            ),
            st.just(method) | st.just(method) | st.sampled_from(METHODS),
            reference,
            query(operations[operation]),
            bodies if method not in ("GET", "HEAD") else st.just(("", b"")) | bodies,
            headers,
            st.booleans(),
        )

    return st.sampled_from(sorted(operations)).flatmap(asked)


def as_bytes(asked: Asked) -> bytes:
    """To be kept, and read by `eval`-free means: JSON, bytes as latin-1."""
    told: dict[str, Any] = asked._asdict()
    told |= {name: told[name].decode("latin-1") for name in ("path", "body")}
    return json.dumps(told, indent=1).encode()
