"""How many pictures a second the encoder takes, alone and with everything around it.

    python -m benchmarks.encode [--zip CATALOG.zip] [--processes 2] [--pictures 200] [--rounds 9]

Each process runs the network on one thread, as workers do. The measurements take turns. Rates
suffer from whatever else the machine does; the processor time of a picture hardly does.
"""

import argparse
import multiprocessing
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from search.engine.image.encoder import ColourEncoder
from search.engine.image.mobilenet import MobileNetV2, ensure_converted
from search.engine.image.pixels import SIDE, load_pixels

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}
NOISE = np.random.default_rng(0).random((1, SIDE, SIDE, 3), dtype=np.float32)
WARM_UP = 5  # pictures that each process encodes before the clock starts
LABELS = ("network alone", "network + colours", "read + decode + frame + all that")

Job = tuple[Callable[[ColourEncoder, Any], int], Any]


def run_network(encoder: ColourEncoder, count: int) -> int:
    """The bare rate: one picture of noise again and again."""
    for _ in range(count):
        encoder.network.features(NOISE)
    return count


def encode_noise(encoder: ColourEncoder, count: int) -> int:
    """The same with what is told beside the network; noise has more colours than any photo."""
    for _ in range(count):
        encoder.encode(NOISE)
    return count


def encode_files(encoder: ColourEncoder, task: tuple[Path, list[str]]) -> int:
    """Read, decode, scale and encode pictures out of a ZIP."""
    archive, names = task
    with zipfile.ZipFile(archive) as files:
        for name in names:
            encoder.encode(load_pixels(files.read(name))[np.newaxis])
    return len(names)


def work(model: Path, threads: int, jobs: list[Job], barrier: Any, done: Any) -> None:
    """One process: load the network, then start every job together with the others."""
    encoder = ColourEncoder(MobileNetV2(model, threads=threads))
    encode_noise(encoder, WARM_UP)
    for encode, task in jobs:
        barrier.wait()
        start = time.process_time()
        done.put((encode(encoder, task), time.process_time() - start))
        barrier.wait()


def measure(model: Path, threads: int, schedules: list[list[Job]]) -> np.ndarray:
    """Run one list of jobs in each process; -> (jobs, 2): pictures/s, processor ms a picture."""
    context = multiprocessing.get_context("spawn")
    barrier, done = context.Barrier(len(schedules) + 1), context.SimpleQueue()
    processes = [
        context.Process(target=work, args=(model, threads, jobs, barrier, done), daemon=True)
        for jobs in schedules
    ]
    for process in processes:
        process.start()
    measured = []
    for _ in schedules[0]:
        barrier.wait(timeout=120)
        start = time.perf_counter()
        counts, seconds = np.sum([done.get() for _ in schedules], axis=0)
        measured.append((counts / (time.perf_counter() - start), 1000 * seconds / counts))
        barrier.wait(timeout=120)
    for process in processes:
        process.join()
    return np.array(measured)


def picture_names(archive: Path, limit: int) -> list[str]:
    with zipfile.ZipFile(archive) as files:
        names = [n for n in files.namelist() if PurePosixPath(n).suffix.lower() in SUFFIXES]
    if not names:
        raise SystemExit(f"{archive}: no pictures in it")
    return names[:limit]


def schedule(options: argparse.Namespace, process: int) -> list[Job]:
    share = -(-options.pictures // options.processes)
    turn: list[Job] = [(run_network, share), (encode_noise, share)]
    if options.zip:
        names = picture_names(options.zip, options.pictures)
        turn.append((encode_files, (options.zip, names[process :: options.processes])))
    return turn * options.rounds


def report(options: argparse.Namespace, measured: np.ndarray) -> None:
    kinds = 2 + bool(options.zip)
    rates, costs = measured.reshape(options.rounds, kinds, 2).transpose(2, 1, 0)
    print(f"{options.processes} processes × {options.threads} threads, {options.rounds} rounds\n")
    print(f"{'':32}{'pictures/s':^16}{'processor':>12}")
    print(f"{'':32}{'median':>8}{'best':>8}{'ms each':>12}{'of alone':>10}")
    for label, rate, cost in zip(LABELS[:kinds], rates, np.median(costs, axis=1), strict=True):
        share = np.median(costs[0]) / cost
        print(f"{label:32}{np.median(rate):8.1f}{rate.max():8.1f}{cost:12.2f}{share:10.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Rates of the picture encoder.")
    parser.add_argument("--zip", type=Path, help="a catalogue with pictures; else noise alone")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--pictures", type=int, default=200, help="of each round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--model", type=Path, help="folder that keeps the converted network")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = ensure_converted(options.model or Path(folder))
        schedules = [schedule(options, process) for process in range(options.processes)]
        report(options, measure(model, options.threads, schedules))


if __name__ == "__main__":
    main()
