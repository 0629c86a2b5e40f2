"""How judging grows with the project: a change of 200 lines in projects of 100 to 50,000 files.

`python -m benchmarks.growth`: no test is run. Two measurements of the same size are judged as after
a run: that of the base comes out of the store's coding, the change is compared, all rules decide,
and the verdict is written as JSON. Each size is a process of its own, so that its peak is its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import click

from benchmarks.timing import peak_mib
from coverage_gate.adapters.render.json_verdict import to_json_line, verdict_object
from coverage_gate.adapters.stores.codec import decode, encode
from coverage_gate.adapters.stores.context_codec import decode_contexts, encode_contexts
from coverage_gate.core.contexts import context_map, with_tests
from coverage_gate.core.decide import decide
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import FileCoverage, Kind, Measurement, TestRun
from coverage_gate.core.places import LostLine
from coverage_gate.core.policy import Policy
from coverage_gate.testing.values import changes, file_diff, landing, measurement, tree_id

SIZES = (100, 1_000, 10_000, 50_000)
_LINES, _CHANGED = 240, 200
_CHANGED_FILE = "src/part_0/module_0.py"
_KIND = Kind(core="ctrace", python="3.11", branch=True)
_ROW = "{:>8} {:>10} {:>10} {:>10}"


def project(files: int, *, tree: str) -> Measurement:
    """Half the lines of each file are statements, most of which ran; every tenth is a branch."""
    made = tuple(_file(number) for number in range(files))
    return measurement(*made, tree=tree, kind=_KIND)


def _file(number: int) -> FileCoverage:
    statements = range(1, _LINES, 2)
    branches = tuple((line, line + step) for line in statements[::10] for step in (2, 4))
    return FileCoverage(
        path=f"src/part_{number // 50}/module_{number}.py",
        blob=tree_id(f"{number}"),
        statements=bits_of(statements),
        executed=bits_of(line for line in statements if (line + number) % 7),
        branches=branches,
        taken=tuple(arc for arc in branches if (arc[1] + number) % 3),
    )


def judge(files: int) -> dict[str, float]:
    """Judge one size. Seconds of CPU, and megabytes at the peak."""
    kept = encode(project(files, tree="base"))
    head = project(files, tree="head")
    before = "\n".join(f"line_{line} = {line}" for line in range(_LINES))
    after = before.replace("line_", "name_", _CHANGED)
    diff = replace(
        file_diff(_CHANGED_FILE, before, after),
        old_blob=head.files[0].blob,
        blob=head.files[0].blob,
    )
    started = time.process_time()
    evidence = Evidence(
        policy=Policy(),
        landing=landing(),
        changes=changes(_CHANGED_FILE),
        head=head,
        base=decode(kept),
        diff=(diff,),
    )
    verdict = decide(evidence)
    line = to_json_line(verdict_object(verdict, report=None))
    seconds = time.process_time() - started
    peak = peak_mib()
    return {"seconds": seconds, "mib": peak, "json_bytes": len(line)}


def judged(files: int) -> dict[str, float]:
    """Judge one size in a process of its own, so that its peak is its own."""
    command = [sys.executable, "-m", "benchmarks.growth", "--one", str(files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    found: dict[str, float] = json.loads(done.stdout)
    return found


def read_contexts(files: int) -> dict[str, float]:
    """What it takes to name the tests of 200 lost lines from the context map of a project."""
    blobs = {f"src/part_{n // 50}/module_{n}.py": tree_id(f"{n}") for n in range(files)}
    ran = {
        path: {
            f"tests/part_{n // 50}/test_{n + step}.py::test_{case}": bits_of(range(1, _LINES, 2))
            for step in range(2)
            for case in range(5)
        }
        for n, path in enumerate(blobs)
    }
    started = time.process_time()
    kept = encode_contexts(context_map("base", blobs, ran))
    written = time.process_time() - started
    del ran
    lost = [LostLine(path=path, line=3, target=None) for path in list(blobs)[:_CHANGED]]
    started = time.process_time()
    named = with_tests(lost, decode_contexts(kept), (), TestRun(exit_status=0, outcomes={}))
    seconds = time.process_time() - started
    return {
        "seconds": seconds,
        "written": written,
        "mib": peak_mib(),
        "kept_mib": len(kept) / 2**20,
        "named": sum(len(each.tests) for each in named),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--files", type=int, action="append", help="a size; may be repeated")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--contexts", type=int, help="read the context map of so many files")
    options = parser.parse_args(arguments)
    if options.one is not None:
        click.echo(json.dumps(judge(options.one)))
        return 0
    if options.contexts is not None:
        click.echo(json.dumps(read_contexts(options.contexts)))
        return 0
    click.echo(_ROW.format("files", "CPU s", "peak MiB", "us a file"))
    for size in options.files or SIZES:
        found = judged(size)
        seconds, peak = found["seconds"], found["mib"]
        a_file = f"{seconds / size * 1e6:.1f}"
        click.echo(_ROW.format(size, f"{seconds:.3f}", f"{peak:.0f}", a_file))
    return 0


if __name__ == "__main__":
    sys.exit(main())
