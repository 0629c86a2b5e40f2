"""`python -m benchmarks.plot`: draws the growth of a table's result. Needs the extra `bench`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

_RESULTS = Path(__file__).parent / "results"
_DOCS = Path(__file__).parents[1] / "docs"


def newest(folder: Path) -> Path:
    """The newest table. Raises ClickException where there is none."""
    found = sorted(folder.glob("table-*.json"))
    if not found:
        raise click.ClickException("no table: run `python -m benchmarks table` first")
    return found[-1]


def lines_of(result: Mapping[str, Any]) -> dict[str, list[tuple[int, float]]]:
    """Name → (files, seconds of CPU), of what the result has at more than one size."""
    growth, counts = result["growth"], result["counts"]
    lines = {
        "judging a change": [(int(size), found["seconds"]) for size, found in growth.items()],
        "count, source known": [(each["files"], each["warm_s"]) for each in counts],
        "count, nothing known": [(each["files"], each["cold_s"]) for each in counts],
        "coverage json": [
            (each["files"], each["json_s"]) for each in counts if each["json_s"] is not None
        ],
    }
    return {name: sorted(points) for name, points in lines.items() if len(points) > 1}


@click.command()
@click.option("--result", type=click.Path(exists=True, path_type=Path), help="[the newest table]")
@click.option("--to", type=click.Path(path_type=Path), default=_DOCS / "growth.svg")
def main(*, result: Path | None, to: Path) -> None:
    """Draw CPU over the number of files, both logarithmic: linear growth is a line of slope one."""
    import matplotlib as mpl  # noqa: PLC0415 - of the extra alone

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "growth"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    found = json.loads((result or newest(_RESULTS)).read_text("utf-8"))
    figure, axes = plt.subplots(figsize=(7, 4))
    for name, points in lines_of(found).items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="files", ylabel="seconds of CPU")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(to, metadata={"Date": None}, bbox_inches="tight")
    click.echo(f"written: {to}")


if __name__ == "__main__":
    main()
