"""What a web process loads: never TensorFlow, nor what trains or runs encoders."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from config.wsgi import application
from django.test import Client
client = Client(SERVER_NAME="localhost")
answers = [client.get(path).status_code for path in sys.argv[1:]]
print(json.dumps({"answers": answers, "modules": sorted(sys.modules)}))
"""


def test_serves_pages_and_neighbours_without_loading_tensorflow(environment, indexed, shelf):
    product = shelf["mug-red"]
    paths = [
        "/en/",
        "/en/products/",
        product.get_absolute_url(),
        f"/api/v1/products/{product.pk}/similar/",
        "/admin/login/",
        "/readyz",
    ]

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *paths],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["answers"] == [200] * len(paths)
    assert "faiss" in seen["modules"]
    loaded = {module.partition(".")[0] for module in seen["modules"]}
    assert not loaded & {
        "tensorflow",
        "keras",
        "fasttext",
        "sklearn",
        "openTSNE",
        "ai_edge_litert",
        "boto3",
    }
