"""What the how-to says of the splice is what the code does."""

import inspect
import re
from pathlib import Path

from tests.acceptance.foreign_host import mount_coverage_gate

from coverage_gate.splice import StageHost

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "mount-into-your-orchestrator.md"


def test_the_page_names_every_function_of_a_host_with_its_values_in_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (`task_id`.*?|`\w+`.*?) \|", PAGE.read_text(), re.MULTILINE)
    told = {name: re.findall(r"`(\w+)`", values) for name, values in rows}
    functions = inspect.getmembers(StageHost, inspect.isfunction)
    assert told == {
        name: list(inspect.signature(function).parameters)[1:]
        for name, function in functions
        if not name.startswith("_")
    }


def test_the_page_shows_the_mount_that_is_tested() -> None:
    assert inspect.getsource(mount_coverage_gate) in PAGE.read_text()


def test_the_page_explains_every_code_of_a_refusal() -> None:
    source = Path(__file__).parents[2] / "src" / "coverage_gate"
    text = "".join(
        (source / name).read_text() for name in ("core/placement.py", "splice/mounting.py")
    )
    codes = set(re.findall(r'code="([a-z-]+)"', text))
    assert codes == set(re.findall(r"^\| `([a-z-]+)` \| [^`]", PAGE.read_text(), re.MULTILINE))
