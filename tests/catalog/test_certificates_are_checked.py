"""Over https a host has to prove the name that the address gives it.

The certificate in files/pictures.example.pem is its own authority and good until 2126:
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500
-subj /CN=pictures.example -addext subjectAltName=DNS:pictures.example
-addext keyUsage=critical,digitalSignature,keyCertSign
"""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.errors import PictureError
from catalog.fetching.download import Download, download
from catalog.fetching.limits import Limits
from catalog.fetching.wire import Dialler, Unreachable
from tests.catalog.conftest import picture
from tests.catalog.hosting import Site, says, serving

PEM = str(Path(__file__).parent / "files" / "pictures.example.pem")


@pytest.fixture
def secure_site() -> Iterator[Site]:
    with serving(Site(), certificate=PEM) as site:
        site.answers["/a.png"] = says(picture())
        yield site


def fetch(site: Site, host: str, *, trust: ssl.SSLContext | None = None) -> Download:
    dialler = Dialler(
        hosts=site.vouched(host),
        limits=Limits(),
        resolve=lambda host, port: ["127.0.0.1"],
        trust=trust,
    )
    return download(f"https://{host}:{site.port}/a.png", dialler=dialler)


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=PEM)


def test_a_host_that_proves_its_name_is_read(secure_site):
    assert fetch(secure_site, "pictures.example", trust=trusting()).data == picture()


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_a_certificate_for_another_name_is_refused(secure_site, host):
    with pytest.raises(PictureError, match=f"certificate of {host} doesn't hold .*{host}"):
        fetch(secure_site, host, trust=trusting())

    assert secure_site.asked == []


def test_a_certificate_of_nobody_known_is_refused(secure_site):
    with pytest.raises(PictureError, match=r"certificate of pictures.example doesn't hold \(self"):
        fetch(secure_site, "pictures.example")

    assert secure_site.asked == []


def test_a_host_without_tls_is_refused(site):
    with pytest.raises(Unreachable, match="doesn't answer"):
        fetch(site, "pictures.example", trust=trusting())
