"""How long `GET /queue` of a running server takes with many tasks and repositories.

`python -m benchmarks.queue_pace [--tasks 10000] [--repos 1000]`: a server process on loopback,
asked one request after another, and the same while another client sends wrong tokens at once. What
the answer costs in CPU is measured in this process, without HTTP.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import click
import httpx2

_ASKED = 40
#: A wrong token, and too many of them.
_REFUSED = {401, 429}


def _fill(tasks_wanted: int, repos: int) -> None:
    from coverage_gate import baselines  # noqa: PLC0415 - after the environment is set
    from stage_engine import tasks  # noqa: PLC0415
    from stage_engine.engine import open_engine  # noqa: PLC0415

    engine = open_engine()
    with engine.store.writing() as rows:
        for number in range(tasks_wanted):
            repo = f"repo-{number % repos}"
            tasks.submit(rows, repo=repo, work_item=f"ET-{number}", branch=f"feature/{number}")
        for number in range(repos):
            rows.shared.acquire_lease(
                f"repo-{number}",
                holder=f"ET-{number}",
                now_ms=engine.clock.now_ms(),
                ttl_ms=60_000,
                boot=engine.clock.boot_id(),
            )
    for number in range(repos):
        baselines.ratchet_coverage_baseline(f"repo-{number}", 80.0, "a" * 40)


def _cpu() -> list[float]:
    """Milliseconds of CPU of each answer."""
    import orjson  # noqa: PLC0415 - after the environment is set

    from stage_engine.engine import open_engine  # noqa: PLC0415
    from stage_engine.overview import queue_block  # noqa: PLC0415

    taken = []
    for _ in range(_ASKED + 3):
        started = time.process_time()
        orjson.dumps(queue_block(open_engine(), read=orjson.Fragment))
        taken.append((time.process_time() - started) * 1000)
    return taken[3:]


@contextmanager
def serving(env: Mapping[str, str]) -> Iterator[str]:
    """A server process with these settings; its address."""
    command = [sys.executable, "-u", "-m", "stage_engine", "serve", "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)  # noqa: S603 - ours
    try:
        stderr = server.stderr or ()
        told = (re.search(r"listening on (\S+)", line) for line in stderr)
        yield next(found[1] for found in told if found)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


def _ask(address: str) -> list[float]:
    """Milliseconds of each request."""
    taken = []
    with httpx2.Client(timeout=60) as client:
        for _ in range(_ASKED + 3):
            started = time.perf_counter()
            answer = client.get(f"{address}/queue")
            taken.append((time.perf_counter() - started) * 1000)
            answer.raise_for_status()
    return taken[3:]


@contextmanager
def _wrong_tokens(address: str) -> Iterator[list[int]]:
    """Sends wrong tokens from a thread; the statuses that came back."""
    statuses: list[int] = []
    stop = Event()

    def send() -> None:
        with httpx2.Client(timeout=60) as client:
            while not stop.is_set():
                answer = client.post(
                    f"{address}/coverage/baseline", headers={"Authorization": "Bearer wrong"}
                )
                statuses.append(answer.status_code)

    thread = Thread(target=send)
    thread.start()
    try:
        yield statuses
    finally:
        stop.set()
        thread.join()


def _tell(what: str, taken: Sequence[float]) -> None:
    low, high = min(taken), max(taken)
    click.echo(f"{what:<24} median {statistics.median(taken):6.1f} ms ({low:.1f} to {high:.1f})")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queue_pace", description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--repos", type=int, default=1000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {  # noqa: TID251 - the settings of this benchmark
            "ORCH_DB_PATH": str(Path(folder) / "queue.db"),
            "ORCH_API_TOKEN": "right",
        }
        click.echo(f"{options.tasks} tasks, {options.repos} repositories", err=True)
        _fill(options.tasks, options.repos)
        _tell("CPU of one answer", _cpu())
        with serving(os.environ) as address:  # noqa: TID251 - what was set above
            _tell("alone", _ask(address))
            with _wrong_tokens(address) as statuses:
                _tell("beside wrong tokens", _ask(address))
            click.echo(f"{len(statuses)} wrong tokens, all refused: {set(statuses) <= _REFUSED}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
