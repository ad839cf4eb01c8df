"""A value that does not parse stops start-up, and the message names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import buckets, env
from config.broker import broker_url
from config.database import database_from_url

ROOT = Path(__file__).resolve().parents[2]


def start_up(**variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT,
        env={**os.environ, "SECRET_KEY": "x" * 50, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_starts_with_nothing_but_a_key():
    assert start_up().returncode == 0


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DEBUG", "perhaps", "true"),
        ("REINDEX_AT", "25:00", "03:00"),
        ("FUSION_WEIGHTS", "smell:1", "smell"),
        ("TEXT_FIELDS", "title,price", "description"),
        ("IMAGE_ENCODER", "resnet", "resnet50:/path/weights.h5"),
        ("IMAGE_ENCODER", "/srv/net.onnx?input=caffe", "imagenet"),
        ("TEXT_ENCODER", "bert", "scdv"),
        ("TEXT_VECTORS", "/srv/vectors.zip", ".vec or .bin"),
        ("TEXT_DICTIONARY", "/srv/own.csv", ".dic"),
        ("TRUSTED_PROXIES", "-1", "whole number"),
        ("INDEX_PROFILE", "quick", "exact"),
        ("SEARCH_BACKEND", "pgvector", "faiss, milvus"),
        ("SEARCH_BACKEND", "milvus", "MILVUS_URI is not set"),
        ("PICTURE_HOSTS", "https://cdn.example", "public, none, or hosts"),
        ("BUILDS_PREFIX", "/media/", "a folder of the bucket other than media/"),
        ("CELERY_BROKER_URL", "kafka://me@here", "amqp://"),
        ("SQS_QUEUE_URLS", "celery=https://sqs.example/1/celery", "training=https://"),
        ("BROKER_VISIBILITY_SECONDS", "0", "1 or more"),
        ("WEBHOOK_URLS", "https://hooks.example/niteru", "WEBHOOK_SECRET is not set"),
        ("WEBHOOK_URLS", "hooks.example", "https://"),
        ("SNS_TOPIC_ARN", "builds", "arn:aws:sns:"),
        ("DATABASE_URL", "mysql://me@here/shop", "postgresql://"),
        ("DATABASE_URL", "postgresql://me@here:port/shop", "postgresql://"),
        ("DATABASE_URL", "postgresql://me@[here/shop", "postgresql://"),
    ],
)
def test_names_the_variable_and_what_it_expects(name, value, says):
    stopped = start_up(**{name: value})

    last = stopped.stderr.strip().splitlines()[-1]
    assert stopped.returncode != 0
    assert last.startswith("django.core.exceptions.ImproperlyConfigured")
    assert name in last
    assert says in last


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"AWS_S3_ENDPOINT_URL": "minio:9000"}, "AWS_S3_ENDPOINT_URL='minio:9000': expected"),
        ({"AWS_ACCESS_KEY_ID": "me"}, "AWS_SECRET_ACCESS_KEY is not set"),
        ({"AWS_SECRET_ACCESS_KEY": "hush"}, "AWS_ACCESS_KEY_ID is not set"),
    ],
)
def test_a_bucket_needs_what_leads_to_it(variables, says):
    with pytest.raises(ImproperlyConfigured) as stopped:
        buckets.bucket({"AWS_STORAGE_BUCKET_NAME": "goods", **variables})

    assert says in str(stopped.value)
    assert "hush" not in str(stopped.value)


def test_the_keys_of_a_bucket_may_be_in_files(tmp_path):
    names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    for name in names:
        (tmp_path / name).write_text(f"{name.lower()}\n")

    found = buckets.bucket(
        {"AWS_STORAGE_BUCKET_NAME": "goods", **{f"{n}_FILE": str(tmp_path / n) for n in names}}
    )

    assert found is not None
    assert (found.key, found.secret) == ("aws_access_key_id", "aws_secret_access_key")


def test_a_bucket_may_be_reached_by_the_machines_own_role():
    found = buckets.bucket({"AWS_STORAGE_BUCKET_NAME": "goods"})

    assert found == buckets.Bucket("goods", endpoint=None, region=None, key=None, secret=None)


def test_without_a_bucket_files_stay_on_the_disk():
    assert buckets.bucket({"AWS_S3_REGION_NAME": "eu-west-1"}) is None
    assert "FileSystemStorage" in buckets.storages(None, prefix="niteru")["default"]["BACKEND"]


def test_refuses_to_start_without_a_key(tmp_path):
    stopped = start_up(SECRET_KEY="", DATA_DIR=str(tmp_path))

    assert "SECRET_KEY" in stopped.stderr.strip().splitlines()[-1]


def test_an_empty_value_means_the_default():
    assert env.read("SHELF", env.whole(), 7, environ={"SHELF": " "}) == 7


def test_reads_every_part_of_a_database_address():
    found = database_from_url("postgresql://me:p%40ss@here:5433/shop?sslmode=require")

    assert [found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "me",
        "p@ss",
        "here",
        "5433",
        "shop",
    ]
    assert found["OPTIONS"] == {"sslmode": "require"}


def test_a_socket_is_named_as_an_option():
    found = database_from_url("postgresql://me@/shop?host=%2Frun%2Fpg")

    assert (found["HOST"], found["OPTIONS"]) == ("/run/pg", {})


def test_does_not_print_the_password_of_an_address_that_it_cannot_read():
    for read, address in [
        (database_from_url, "mysql://me:secret@here/shop"),
        (broker_url, "kafka://me:secret@here"),
    ]:
        with pytest.raises(ImproperlyConfigured) as stopped:
            read(address)

        assert "secret" not in str(stopped.value)


def test_a_secret_may_stand_in_a_file(tmp_path):
    path = tmp_path / "key"
    path.write_text("from the file\n")

    def secret(**environ: str) -> str:
        return env.secret("KEY", "default", environ=environ)

    assert secret() == "default"
    assert secret(KEY_FILE=str(path)) == "from the file"
    assert secret(KEY_FILE=str(path), KEY="itself") == "itself"
    assert secret(KEY_FILE="", KEY="") == "default"


def test_a_file_of_a_secret_that_can_not_be_read_stops_start_up(tmp_path):
    stopped = start_up(REDIS_URL_FILE=str(tmp_path / "nothing"), REDIS_URL="")

    assert stopped.returncode != 0
    assert "REDIS_URL_FILE" in stopped.stderr.strip().splitlines()[-1]
