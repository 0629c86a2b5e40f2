"""The site's own command around a run."""

from pathlib import Path

from coverage_gate.adapters.sandbox.template import TemplateSandbox
from coverage_gate.ports import Launch, RunLimits


def test_the_words_are_filled_in(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    sandbox = TemplateSandbox(words=("/bin/echo", "in={cwd}", "{folder}", "{command}", "end"))
    result = sandbox.run(
        Launch(argv=["a b", "{cwd}"], cwd=tree, env={}, limits=RunLimits(timeout_s=20))
    )
    assert (sandbox.name, result.exit_status) == ("template", 0)
    assert result.output.decode() == f"in={tree} {tmp_path} a b {{cwd}} end\n"
