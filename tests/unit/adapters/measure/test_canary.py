from pathlib import Path

from coverage_gate.adapters.measure.canary import plant


def test_a_canary_is_a_module_of_a_name_that_nobody_knows(tmp_path: Path) -> None:
    first, second = plant(tmp_path), plant(tmp_path)
    assert first.parent != second.parent
    assert first.name != second.name
    assert first.stem.isidentifier()
    compile(first.read_text(), "canary", "exec")
