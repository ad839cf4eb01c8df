"""The settings for nginx and Caddy agree with what stands behind them."""

import re

from catalog.images import MAX_BYTES
from config.bodies import FORM_BYTES
from tests.config.deployed import ROOT, services

NGINX = (ROOT / "deploy/proxy/nginx.conf").read_text(encoding="utf-8")
CADDY = (ROOT / "deploy/proxy/Caddyfile").read_text(encoding="utf-8")


def test_they_ask_where_the_site_listens():
    socket = (ROOT / "deploy/systemd/niteru-web.socket").read_text(encoding="utf-8")
    (listens,) = re.findall(r"^ListenStream=(.+)$", socket, re.M)

    assert re.findall(r"proxy_pass http://([^;]+);", NGINX) == [listens]
    assert re.findall(r"reverse_proxy (\S+)", CADDY) == [listens]
    assert services()["web"]["ports"][0].startswith(f"{listens}:")


def test_they_let_the_largest_pictures_through():
    for limit in re.findall(r"client_max_body_size (\d+)m;", NGINX) + re.findall(
        r"max_size (\d+)MB", CADDY
    ):
        assert int(limit) * 1_000_000 > MAX_BYTES + FORM_BYTES
    assert "client_max_body_size" in NGINX and "max_size" in CADDY


def test_nginx_says_who_asks_and_lets_nobody_else_say_it():
    sent = dict(re.findall(r"proxy_set_header (\S+) ([^;]+);", NGINX))

    assert sent["Host"] == "$host"
    assert sent["X-Forwarded-For"] == "$proxy_add_x_forwarded_for"
    assert sent["X-Forwarded-Proto"] == "$scheme"
    assert "location = /metrics" in NGINX and "respond /metrics" in CADDY
