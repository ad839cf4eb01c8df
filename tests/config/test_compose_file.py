"""docker-compose.yml against its specification, and against the settings and files it names."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from config.health import Probes
from tests.config import deployed
from tests.config.deployed import COMPOSE, ROOT, SECRETS, SITE, check_celery, seconds, services

EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
# Read by others than the settings: gunicorn, and the client of an object store.
OF_OTHERS = {"FORWARDED_ALLOW_IPS"}
OBJECT_STORE = re.compile("AWS_.+")
# Set by the Dockerfile, or for trying things out alone; never by an .env file.
NOT_OF_DOTENV = {"DATA_DIR", "DEBUG", "MEDIA_ROOT"}


def is_of_others(name: str) -> bool:
    return name in OF_OTHERS or name.startswith("OTEL_") or bool(OBJECT_STORE.fullmatch(name))


@pytest.mark.parametrize("path", [COMPOSE, SECRETS], ids=lambda path: path.name)
def test_follows_the_compose_specification(path):
    tool = Path(sys.executable).with_name("check-jsonschema")
    told = subprocess.run(
        [tool, "--builtin-schema", "vendor.compose-spec", path], capture_output=True, text=True
    )

    assert told.returncode == 0, told.stdout


def test_every_variable_is_in_the_example_and_every_one_there_is_used():
    listed = set(re.findall(r"^#?([A-Z_0-9]+)=", EXAMPLE, flags=re.MULTILINE))

    used = {match[1] for match in deployed.INTERPOLATED.finditer(COMPOSE.read_text())}
    assert used == listed


def test_the_processes_are_given_what_they_read_and_nothing_else():
    given = set(services()["web"]["environment"])

    read = {name for name in deployed.settings_read() if not name.endswith("_FILE")}
    assert {name for name in given - read if not is_of_others(name)} == set()
    assert {name for name in read - given if not is_of_others(name)} == NOT_OF_DOTENV


def test_all_processes_of_the_site_are_given_the_same():
    every = [services()[name]["environment"] for name in SITE]

    assert every == every[:1] * len(every)


def test_starts_with_the_example_as_it_is_but_for_the_secrets():
    filled = dict(re.findall(r"^([A-Z_0-9]+)=(.*)$", EXAMPLE, flags=re.MULTILINE))
    known = services()["web"]["environment"]
    variables = {name: filled.get(name) or str(value) for name, value in known.items()}

    started = deployed.start_up(**variables | {"SECRET_KEY": "x" * 50})

    assert started.returncode == 0, started.stderr


def test_files_of_secrets_stand_for_variables_that_may_be_files():
    for name in SITE:
        given = services(SECRETS)[name]["environment"]
        files = {key for key, value in given.items() if value.startswith("/run/secrets/")}
        assert files <= deployed.settings_read()
        # Both would be two answers to one question.
        assert set(given) == files | {key.removesuffix("_FILE") for key in files}
        assert {given[key] for key in files} == {
            f"/run/secrets/{secret}" for secret in services(SECRETS)[name]["secrets"]
        }


def test_what_runs_is_there():
    named = services()
    (script,) = named["setup"]["command"]
    for path in (script, named["web"]["healthcheck"]["test"][1]):
        assert ROOT.joinpath(path.removeprefix("/srv/niteru/")) in deployed.SCRIPTS
    text = ROOT.joinpath("deploy/image/setup.sh").read_text()
    commands = re.findall(r"manage\.py (\w+)", text)

    assert commands and set(commands) <= set(get_commands())
    check_celery(named["worker"]["command"])
    check_celery(named["training"]["command"][3:])  # after `nice -n 5`
    check_celery(named["beat"]["command"])
    words = [*named["worker"]["command"], *named["training"]["command"]]
    queues = [word.removeprefix("--queues=") for word in words if word.startswith("--queues=")]
    served = sorted(",".join(queues).split(","))
    assert served == sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)


def test_ports_and_addresses_of_health_checks_are_served():
    port = deployed.image_variables()["PORT"]
    script = ROOT.joinpath("deploy/image/healthy.sh").read_text()
    (address,) = re.findall(r"http://127\.0\.0\.1:\$PORT(/\w+)", script)

    assert services()["web"]["ports"] == [f"127.0.0.1:8000:{port}"]
    assert address in Probes(lambda request: None).answers  # type: ignore[arg-type, return-value]


def test_each_process_has_the_health_check_that_suits_it():
    named = services()

    assert named["web"]["healthcheck"]["test"][-1] == "web"
    for name in ("worker", "training", "beat"):
        assert named[name]["healthcheck"]["test"][-1] == "heartbeat"


def test_what_is_waited_for_can_be_told():
    named = services()
    for service in named.values():
        waited = service.get("depends_on", {})
        for other in waited:
            condition = waited[other]["condition"] if isinstance(waited, dict) else ""
            if condition == "service_healthy":
                assert named[other]["healthcheck"]["test"]
            if condition == "service_completed_successfully":
                assert named[other]["restart"] == "no"


def test_the_site_runs_with_as_little_as_it_needs():
    for name in (*SITE, "postgres", "valkey", "prometheus", "grafana"):
        service = services()[name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["deploy"]["resources"]["limits"]["memory"], name


def test_only_what_people_visit_is_published_and_only_to_this_machine():
    published = {name: each["ports"] for name, each in services().items() if "ports" in each}

    assert set(published) == {"web", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_stopping_waits_longer_than_what_is_stopped_does():
    named = services()
    gunicorn = ROOT.joinpath("gunicorn.conf.py").read_text()
    (graceful,) = re.findall(r"^graceful_timeout = (\d+)$", gunicorn, re.M)

    assert seconds(named["web"]["stop_grace_period"]) > int(graceful)
    waits = int(named["worker"]["environment"]["STOP_SECONDS"])
    assert waits == settings.STOP_SECONDS
    assert seconds(named["worker"]["stop_grace_period"]) > waits


def test_a_child_is_replaced_before_the_worker_is_out_of_memory():
    worker = services()["worker"]
    (most,) = [word for word in worker["command"] if word.startswith("--max-memory-per-child=")]
    limit = worker["deploy"]["resources"]["limits"]["memory"]

    assert int(most.partition("=")[2]) < int(limit.removesuffix("g")) * 2**20


def test_volumes_are_where_the_files_are():
    named = services()
    for service in named.values():
        for volume in service.get("volumes", []):
            source, *_ = volume.split(":")
            if source.startswith("./"):
                assert ROOT.joinpath(source).exists(), source
            else:
                assert f"\n  {source}:\n" in COMPOSE.read_text().partition("\nvolumes:")[2]
    for name in SITE:
        assert named[name]["volumes"] == [f"data:{deployed.image_variables()['DATA_DIR']}"]


def test_images_are_stages_of_the_dockerfile_and_of_this_version():
    for name in SITE:
        service = services()[name]
        stage = service["build"]["target"]
        assert stage in deployed.stages()
        assert service["image"] == f"niteru-{stage}:{settings.VERSION}"
