"""What coverage was: kept by each measurement and merge, shown, checked, imported, exported."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from coverage import CoverageData
from tests.history_points import keep_points
from tests.shop import NAME, Shop, Told

from coverage_gate.core.history import Origin
from coverage_gate.core.records import OutboxState
from coverage_gate.testing.repositories import RepositoryBuilder

Tell = Callable[..., Told]
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "schema" / "history.schema.json").read_text()
)
EMPTY = json.dumps(
    {
        "meta": {"branch_coverage": False},
        "files": {},
        "totals": {"covered_lines": 0, "num_statements": 0},
    }
).encode()
TELEGRAM = {"ORCH_TELEGRAM_BOT_TOKEN": "1:token", "ORCH_TELEGRAM_CHAT_ID": "7"}


def keep(shop: Shop, *covered: int, scope: str = "scope", branch: str = "trunk") -> None:
    """Points of a thousand statements, one for each day after those that are there."""
    keep_points(shop.store, NAME, *covered, branch=branch, scope=scope)


def told_to_people(shop: Shop) -> list[str]:
    rows = shop.store.messages(states=tuple(OutboxState), limit=99)
    return [json.loads(row.payload).get("message", "") for row in rows]


# What is kept


def test_each_measured_branch_has_its_point(shop: Shop) -> None:
    tip = shop.git.git("log", "-1", "--format=%ct", "main")
    (point,) = shop.store.history(NAME, branch="main", limit=9)
    assert (point.commit, str(point.counts), point.origin) == (
        shop.sha("main"),
        "8/12",
        Origin.MEASURED,
    )
    assert int(tip) > 0
    assert {file.path for file in shop.store.point_files(point.seq)} == {
        "src/shop/__init__.py",
        "src/shop/price.py",
    }
    assert "feature/tested" in shop.store.history_branches(NAME)


def test_a_merge_makes_a_point_of_main_and_tells_of_a_fall_once(
    founded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_RULES", "")
    monkeypatch.setenv("ORCH_COVERAGE_EPSILON", "100")
    for name, value in TELEGRAM.items():
        monkeypatch.setenv(name, value)
    assert founded.check("feature/untested")[0]
    for _ in range(2):
        founded.merge("feature/untested")
    new, old = founded.store.history(NAME, branch="main", limit=9)
    assert (new.commit, str(new.counts)) == (founded.sha("feature/untested"), "8/18")
    assert new.at > old.at
    (told,) = told_to_people(founded)
    assert told.startswith("coverage fell by more than 2 points: -22.22 points, from 66.66% (8/12)")


# What is checked


@pytest.mark.parametrize(
    ("after", "status", "outcome"), [(879, 1, "regression"), (880, 0, "held"), (881, 0, "held")]
)
def test_a_fall_of_more_than_two_points_fails_the_check(
    shop: Shop, tell: Tell, after: int, status: int, outcome: str
) -> None:
    keep(shop, 900, after)
    arguments = ("history", "check", "--max-drop", "2", "--branch", "trunk")
    told = tell(*arguments, "--repo", str(shop.path), "--format", "json")
    jsonschema.validate(told.json, SCHEMA)
    assert (told.status, told.json["outcome"]) == (status, outcome)
    assert told.json["points"][0]["points"] == (after - 900) / 10


def test_small_falls_that_add_up_fail_the_check_once(shop: Shop, tell: Tell) -> None:
    check = ("history", "check", "--branch", "trunk", "--repo", str(shop.path))
    statuses = []
    for covered in (900, 890, 885, 879, 878):
        keep(shop, covered)
        statuses.append(tell(*check).status)
    assert statuses == [0, 0, 0, 1, 0]
    shown = tell("history", "--branch", "trunk", "--repo", str(shop.path))
    assert [line.split()[-2:] for line in shown.out.splitlines() if "slid" in line] == [
        ["slid", "-2.1"]
    ]
    page = tell("trend", "--branch", "trunk", "--repo", str(shop.path), "--format", "html")
    assert '<span class="bad">slid -2.1</span>' in page.out


def test_a_fall_across_a_changed_configuration_is_called_not_comparable(
    shop: Shop, tell: Tell
) -> None:
    keep(shop, 900)
    keep(shop, 100, scope="other")
    told = tell("history", "check", "--repo", str(shop.path), "--branch", "trunk")
    assert told.status == 0
    assert "not comparable with 000000000, measured under another scope or configu" in told.out


def test_people_hear_of_a_regression_once(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TELEGRAM.items():
        monkeypatch.setenv(name, value)
    keep(shop, 900, 879)
    check = ("history", "check", "--notify", "--branch", "trunk", "--repo", str(shop.path))
    told = [tell(*check, "--format", "json").json["told"] for _ in range(3)]
    assert told == [True, False, False]
    assert len(told_to_people(shop)) == 1
    assert tell(*check, "--max-drop", "2.1", "--format", "json").json["told"] is False


# What is shown


def test_the_table_shows_a_line_of_bars_and_the_newest_points(shop: Shop, tell: Tell) -> None:
    keep(shop, 900, 901, 850)
    keep(shop, 700, scope="other")
    told = tell("history", "--repo", str(shop.path), "--branch", "trunk", "--limit", "2")
    head, bars, span, columns, *rows = told.out.splitlines()
    assert head == f"{NAME}, trunk: 4 measurements"
    assert bars == "▇█▆│▁"
    assert span == "from 90% to 70%, lowest 70%, highest 90.1%"
    assert columns.split() == ["when", "(UTC)", "commit", "covered/total", "coverage", "points"]
    assert rows[0].split()[-3:] == ["85%", "-5.1", "regression"]
    assert rows[1].split()[-2:] == ["not", "comparable"]
    assert len(rows) == 2
    assert max(map(len, told.out.splitlines())) <= 80


def test_one_file_is_followed_through_the_points(shop: Shop, tell: Tell) -> None:
    keep(shop, 900, 850)
    show = ("history", "--repo", str(shop.path), "--branch", "trunk", "--path")
    told = tell(*show, "src/a.py")
    assert [row.split()[-2:] for row in told.out.splitlines()[2:]] == [
        ["900/1000", "90%"],
        ["850/1000", "85%"],
    ]
    missing = tell(*show, "src/b.py")
    assert (missing.status, "no measurement that is shown has a file" in missing.err) == (2, True)


def test_the_history_as_json_fits_its_schema(shop: Shop, tell: Tell) -> None:
    keep(shop, 900, 850)
    show = ("--repo", str(shop.path), "--branch", "trunk")
    shown = tell("history", *show, "--format", "json", "--limit", "1").json
    whole = tell("history", "export", *show, "--files").json
    for document in (shown, whole):
        jsonschema.validate(document, SCHEMA)
    assert (len(shown["points"]), len(whole["points"])) == (1, 2)
    assert shown["points"][0]["standing"] == "regression"
    assert whole["points"][0]["files"][0]["lines_covered"] == 900


def test_the_history_as_csv_has_a_row_for_each_point_or_file(
    shop: Shop, tell: Tell, tmp_path: Path
) -> None:
    keep(shop, 900, 850, branch="=evil()")
    export = ("history", "export", "--repo", str(shop.path), "--branch", "=evil()")
    target = tmp_path / "out.csv"
    assert tell(*export, "--format", "csv", "--output", str(target)).out == ""
    totals = list(csv.DictReader(io.StringIO(target.read_text())))
    assert [row["covered"] for row in totals] == ["900", "850"]
    assert {row["branch"] for row in totals} == {"'=evil()"}
    files = list(csv.DictReader(io.StringIO(tell(*export, "--format", "csv", "--files").out)))
    assert [(row["path"], row["lines_total"]) for row in files] == [("src/a.py", "1000")] * 2


def test_the_trend_is_a_table_a_picture_and_a_page(shop: Shop, tell: Tell, tmp_path: Path) -> None:
    keep(shop, 900, 901, 850)
    trend = ("trend", "--repo", str(shop.path), "--branch", "trunk")
    assert tell(*trend).out.count("2026-01-") == 3
    assert tell(*trend, "--format", "svg").out.startswith("<svg ")
    page = tmp_path / "trend.html"
    assert tell(*trend, "--format", "html", "--output", str(page)).status == 0
    assert "src/a.py" in page.read_text()
    keep(shop, 100, scope="other")
    assert "What changed last" not in tell(*trend, "--format", "html").out
    text = tmp_path / "trend.txt"
    tell(*trend, "--output", str(text))
    assert "█" in text.read_text()


# What is pruned


def test_old_points_are_pruned_by_days(shop: Shop, tell: Tell) -> None:
    keep(shop, 900, 901)
    prune = ("history", "prune", "--repo", str(shop.path))
    refused = tell(*prune)
    assert (refused.status, "ORCH_COVERAGE_HISTORY_DAYS is 0" in refused.err) == (2, True)
    pruned = tell(*prune, "--days", "1", "--format", "json").json
    assert (pruned["points"], pruned["measurements"]) == (1, 0)
    assert tell(*prune, "--days", "1").out == "forgotten: 0 points, 0 measurements\n"


def test_a_merge_forgets_what_is_too_old_where_days_are_set(
    founded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(founded, 900, 901)
    monkeypatch.setenv("ORCH_COVERAGE_HISTORY_DAYS", "30")
    assert founded.check("feature/tested")[0]
    founded.merge("feature/tested")
    (left,) = founded.store.history(NAME, branch="trunk", limit=9)
    assert left.counts.covered == 901


# Numbers from before


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a team ran `coverage run` on a project of its own and kept what it left."""
    builder = RepositoryBuilder.create(tmp_path_factory.mktemp("elsewhere") / "calc")
    source = "def half(x):\n    if x:\n        return x / 2\n    return 0\n\n\nhalf(2)\n"
    builder.commit(files={"calc/__init__.py": "", "calc/it.py": source, "README.md": "calc\n"})
    for arguments in (
        ["run", "--branch", "--source=calc", "--data-file=kept.data", "-m", "calc.it"],
        ["json", "-q", "--data-file=kept.data", "-o", "kept.json"],
    ):
        command = [sys.executable, "-m", "coverage", *arguments]
        subprocess.run(command, cwd=builder.path, check=True, capture_output=True)
    builder.commit("later", {"calc/it.py": "# moved\n\n" + source})
    return builder.path


@pytest.fixture
def take(elsewhere: Path, tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Imports into a store of one's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    database = ("--db", str(tmp_path / "store.db"), "--repo", str(elsewhere))

    def call(name: str, *arguments: str) -> Told:
        if name == "import":
            arguments = (*arguments, "--python", sys.executable)
        return tell("history", name, *arguments, *database)

    return call


@pytest.mark.parametrize(
    ("name", "kind"), [("kept.json", "report-branch"), ("kept.data", "imported-")]
)
def test_a_report_and_a_data_file_become_the_same_point(
    elsewhere: Path, take: Tell, name: str, kind: str
) -> None:
    file = str(elsewhere / name)
    first = take("import", file, "--commit", "main~1")
    assert (first.err, first.status) == ("", 0)
    assert first.out.startswith("calc, main: 71.42% (5/7)")
    again = take("import", file, "--commit", "main~1", "--format", "json").json
    assert (again["is_new"], again["covered"], again["total"]) == (False, 5, 7)
    assert "known before" in take("import", file, "--commit", "main~1").out
    (point,) = take("export", "--files").json["points"]
    assert (point["kind"].startswith(kind), len(point["files"])) == (True, 2)


@pytest.mark.parametrize("name", ["kept.json", "kept.data"])
def test_data_from_another_commit_is_refused_and_nothing_is_kept(
    elsewhere: Path, take: Tell, name: str
) -> None:
    file = str(elsewhere / name)
    told = take("import", file, "--commit", "main")
    assert told.status == 2
    assert "calc/it.py:" in told.err
    assert "of another commit" in told.err
    assert "no measurement of calc is kept yet" in take("check").err
    assert take("import", file, "--commit", "main", "--lenient").status == 0
    assert take("check").status == 0


def test_a_file_that_the_commit_has_not_is_named(
    elsewhere: Path, take: Tell, tmp_path: Path
) -> None:
    file = tmp_path / "more.data"
    shutil.copy(elsewhere / "kept.data", file)
    data = CoverageData(str(file))
    data.read()
    data.add_arcs({str(elsewhere / "calc" / "gone.py"): [(-1, 1), (1, -1)]})
    data.write()
    data.close()
    told = take("import", str(file), "--commit", "main~1")
    assert told.status == 2
    assert "has no files calc/gone.py: it is of another commit" in told.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no JSON"),
        (b"{}", "is no report of coverage.py"),
        (b"SQLite format 3\0" + b"broken" * 50, "cannot be read"),
        (b'{"meta": {"branch_coverage": false}, "files": {}, "totals": {}}', "does not add up"),
        (EMPTY, "holds no file of commit"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(
    take: Tell, tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "broken"
    file.write_bytes(content)
    told = take("import", str(file), "--commit", "main~1")
    assert (told.status, told.out) == (2, "")
    assert words in told.err
    assert "nothing was kept" in told.err
    assert "Traceback" not in told.err
    assert take("export").status == 2


def test_a_data_file_of_another_project_is_refused(shop: Shop, elsewhere: Path, tell: Tell) -> None:
    file = str(elsewhere / "kept.data")
    told = tell("history", "import", file, "--commit", "main", "--repo", str(shop.path))
    assert (told.status, "kept.data: holds no file that counts in commit" in told.err) == (2, True)


def test_a_folder_without_a_commit_has_no_history(tell: Tell, tmp_path: Path, shop: Shop) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "report.json").write_bytes(EMPTY)
    where = ("--repo", str(tmp_path / "plain"), "--commit", "HEAD")
    told = tell("history", "import", str(tmp_path / "report.json"), *where)
    assert (told.status, "is no git repository" in told.err) == (2, True)
    del shop


def test_a_file_that_is_too_large_is_not_read(take: Tell, tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    with file.open("wb") as sparse:
        sparse.truncate(129 * 1024**2)
    told = take("import", str(file), "--commit", "main~1")
    assert (told.status, "is larger than" in told.err) == (2, True)


def test_a_commit_that_is_not_there_is_told(elsewhere: Path, take: Tell) -> None:
    told = take("import", str(elsewhere / "kept.json"), "--commit", "nowhere")
    assert (told.status, "nowhere" in told.err) == (2, True)


# What is not there


def test_an_unknown_branch_is_told_with_those_that_are_known(shop: Shop, tell: Tell) -> None:
    for command in (("history",), ("history", "check"), ("history", "export"), ("trend",)):
        told = tell(*command, "--repo", str(shop.path), "--branch", "nope")
        assert (told.status, told.out) == (2, "")
        assert "no measurement of branch nope of shop is kept; there are: docs," in told.err


def test_an_empty_history_says_how_to_begin(
    shop: Shop, tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_DB_PATH", str(tmp_path / "new.db"))
    told = tell("history", "--repo", str(shop.path))
    assert (told.status, told.out) == (2, "")
    assert "`coverage-gate measure` makes the first point" in told.err


def test_options_before_the_word_are_not_passed_over(shop: Shop, tell: Tell) -> None:
    told = tell("history", "--repo", str(shop.path), "--branch", "dev", "check")
    assert (told.status, "give options behind `check`: repo, branch" in told.err) == (2, True)


def test_a_number_that_is_none_is_a_usage_error(shop: Shop, tell: Tell) -> None:
    for limit in ("much", "-1", "101", "nan"):
        told = tell("history", "check", "--repo", str(shop.path), "--max-drop", limit)
        assert (told.status, "--max-drop" in told.err) == (2, True)


def test_a_database_of_a_newer_version_is_left_alone(shop: Shop, tell: Tell) -> None:
    keep(shop, 900, 850)
    with shop.store.transactions.writing() as connection:
        connection.exec_driver_sql("UPDATE coverage_schema SET version = 99")
    before = shop.db.read_bytes()
    for command in (("history",), ("history", "check"), ("trend",), ("history", "prune")):
        more = ("--days", "1") if command[-1] == "prune" else ()
        told = tell(*command, *more, "--repo", str(shop.path))
        assert (told.status, "written by a newer coverage-gate" in told.err) == (4, True)
    assert shop.db.read_bytes() == before
