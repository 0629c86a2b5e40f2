from __future__ import annotations

import errno
import os
import resource
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from coverage_gate.adapters import report_files
from coverage_gate.adapters.report_files import (
    MAX_BYTES,
    ReportError,
    read_report_file,
    report_path,
    write_report,
)

TEXT = "---\ncoverage_status: PASS\n---\n\n✓\n"
NOBODY = 65_534


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return report_path(tmp_path / "reports", "shop", "ET-7")


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    """Stands for a full disk: the kernel refuses the write in its middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def _as_plain_user() -> Iterator[None]:
    """Root may write everywhere; everybody else is one already."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_report_lives_in_a_folder_of_its_repository_and_work_item(tmp_path: Path) -> None:
    path = report_path(tmp_path, "shop", "ET-7")
    assert path == tmp_path / "shop" / "ET-7" / "18-coverage-report.md"


@pytest.mark.parametrize(
    "name", ["../x", "/etc", "", ".", "..", "a/b", "a\nb", "a\x00b", "x" * 300, "\udcff", "-rf"]
)
def test_no_name_leads_out_of_the_folder_of_reports(tmp_path: Path, name: str) -> None:
    path = report_path(tmp_path, name, name)
    write_report(path, TEXT)
    assert path.resolve().relative_to(tmp_path.resolve()).parts[2:] == ("18-coverage-report.md",)


def test_what_is_written_is_read_back(report: Path) -> None:
    write_report(report, TEXT)
    assert read_report_file(report) == TEXT


def test_line_ends_are_kept(report: Path) -> None:
    write_report(report, "a\r\nb\r\n")
    assert read_report_file(report) == "a\r\nb\r\n"


def test_a_report_replaces_the_older_one_and_leaves_nothing_else(report: Path) -> None:
    write_report(report, "older, and longer than the new one")
    write_report(report, TEXT)
    assert read_report_file(report) == TEXT
    assert _names(report.parent) == [report.name]


def test_a_report_can_be_read_by_everybody_and_written_by_its_owner(report: Path) -> None:
    before = os.umask(0o077)
    try:
        write_report(report, TEXT)
    finally:
        os.umask(before)
    assert stat.S_IMODE(report.stat().st_mode) == 0o644


def test_a_link_at_the_path_is_replaced_and_its_target_untouched(
    report: Path, tmp_path: Path
) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    report.parent.mkdir(parents=True)
    report.symlink_to(target)
    write_report(report, TEXT)
    assert (target.read_text(), report.is_symlink()) == ("precious", False)


def test_a_link_in_place_of_the_folder_is_refused(report: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    report.parent.parent.mkdir(parents=True)
    report.parent.symlink_to(outside)
    with pytest.raises(ReportError, match="remove the file or symbolic link"):
        write_report(report, TEXT)
    assert _names(outside) == []


def test_a_dangling_link_in_place_of_the_folder_is_refused(report: Path) -> None:
    report.parent.parent.mkdir(parents=True)
    report.parent.symlink_to("nowhere")
    with pytest.raises(ReportError, match="remove the file that stands where the folder belongs"):
        write_report(report, TEXT)


def test_a_device_is_never_replaced_by_a_report() -> None:
    with pytest.raises(ReportError, match="'/dev/null' is no regular file"):
        write_report(Path(os.devnull), TEXT)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_folder_at_the_path_is_refused(report: Path) -> None:
    report.mkdir(parents=True)
    with pytest.raises(ReportError, match="is no regular file"):
        write_report(report, TEXT)


def test_a_file_in_place_of_a_folder_is_named(report: Path, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("")
    with pytest.raises(ReportError, match="stands where the folder belongs"):
        write_report(report, TEXT)


def test_a_full_disk_leaves_the_older_report_and_no_rest(report: Path) -> None:
    write_report(report, "older")
    with _largest_file(10), pytest.raises(ReportError, match="raise the limit"):
        write_report(report, TEXT * 10)
    assert read_report_file(report) == "older"
    assert _names(report.parent) == [report.name]


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "free some space on that disk"),
        (errno.EROFS, "choose a folder on a writable disk"),
        (errno.EIO, "see that the folder and the disk are sound"),
    ],
)
def test_each_fault_of_a_disk_says_what_to_do(code: int, remedy: str) -> None:
    error = report_files._translated(Path("r.md"), "write", OSError(code, "x"))
    assert str(error).startswith(f"cannot write the report 'r.md': {os.strerror(code)}; {remedy}")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    path = report_path(folder, "shop", "ET-7")
    with _as_plain_user(), pytest.raises(ReportError, match="make the folder writable"):
        write_report(path, TEXT)
    assert _names(folder) == []


def test_a_text_that_no_reader_would_take_is_not_written(report: Path) -> None:
    with pytest.raises(ReportError, match="larger than 4194304 bytes"):
        write_report(report, "x" * (MAX_BYTES + 1))
    assert not report.exists()


def test_a_text_that_is_no_utf8_is_not_written(report: Path) -> None:
    with pytest.raises(ReportError, match="it is no UTF-8 text"):
        write_report(report, "\ud800")


def test_a_path_that_no_system_takes_is_an_error_in_words() -> None:
    with pytest.raises(ReportError, match="null"):
        write_report(Path("a\0b") / "c", TEXT)


def test_a_path_is_shown_without_what_moves_a_cursor(tmp_path: Path) -> None:
    with pytest.raises(ReportError) as raised:
        read_report_file(tmp_path / "a\x1b[2J")
    assert str(raised.value).isprintable()


def test_a_report_that_is_not_there_says_what_writes_it(report: Path) -> None:
    with pytest.raises(ReportError, match="run the check that writes it first"):
        read_report_file(report)


def test_a_report_is_not_read_through_a_link(report: Path, tmp_path: Path) -> None:
    write_report(report, TEXT)
    link = tmp_path / "link"
    link.symlink_to(report)
    with pytest.raises(ReportError, match="remove the symbolic link there"):
        read_report_file(link)


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ReportError, match="is no regular file"):
        read_report_file(pipe)


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"x" * (MAX_BYTES + 1), "larger than 4194304"), (b"\xff", "it is no UTF-8 text")],
    ids=["large", "no text"],
)
def test_a_file_that_is_no_report_is_an_error_in_words(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    path = tmp_path / "report"
    path.write_bytes(content)
    with pytest.raises(ReportError, match=fault):
        read_report_file(path)


def test_what_reads_back_otherwise_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("what another process wrote")
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(ReportError, match="does not hold what was written"):
            report_files._compare(path, b"what we wrote", folder)
    finally:
        os.close(folder)


def test_a_folder_that_cannot_be_synced_is_no_error_but_a_broken_one_is() -> None:
    reading, writing = os.pipe()
    try:
        report_files._sync_folder(reading)  # EINVAL, as on some network file systems
    finally:
        os.close(reading)
        os.close(writing)
    with pytest.raises(OSError, match="Bad file descriptor"):
        report_files._sync_folder(10**6)


def test_a_reader_sees_one_whole_report_while_others_write(report: Path) -> None:
    texts = [letter * 50_000 for letter in "ab"]
    write_report(report, texts[0])

    def write() -> None:
        for number in range(20):
            write_report(report, texts[number % 2])

    writer = threading.Thread(target=write)
    writer.start()
    seen = {read_report_file(report) for _ in range(100)}
    writer.join()
    assert seen <= set(texts)
