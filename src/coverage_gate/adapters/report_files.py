"""The report artefact on disk: written whole or not at all, and never through a link.

All is done relative to the opened folder, so that nobody can put another folder in its place
between two steps.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coverage_gate.core.names import safe_name

REPORT_NAME = "18-coverage-report.md"
MAX_BYTES = 4 * 1024 * 1024

_FILE_MODE = 0o644
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_REMEDIES = {
    errno.ENOSPC: "free some space on that disk",
    errno.EDQUOT: "free some space in that quota",
    errno.EFBIG: "raise the limit on the size of files",
    errno.EACCES: "make the folder writable for this user",
    errno.EPERM: "make the folder writable for this user",
    errno.EROFS: "choose a folder on a writable disk with ORCH_REPORTS_DIR or --reports",
    errno.ELOOP: "remove the symbolic link there",
    errno.ENOTDIR: "remove the file or symbolic link that stands where the folder belongs",
    errno.EEXIST: "remove the file that stands where the folder belongs",
    errno.ENOENT: "run the check that writes it first",
}


class ReportError(Exception):
    """The report cannot be written or read. The message says what to do next."""


def report_path(reports_dir: Path, repository: str, work_item: str) -> Path:
    """Where the report of a work item lives; both names become one safe path component each."""
    return reports_dir / safe_name(repository) / safe_name(work_item) / REPORT_NAME


def write_report(path: Path, text: str) -> None:
    """Replace the report by this text, atomically, and read it back.

    The folder is made where it is missing. A symbolic link at the path is replaced, not followed;
    one in place of its folder is refused. When anything fails, an older report stays as it was.

    Raises:
        ReportError: If it cannot be written, or what is read back is not what was written.
    """
    try:
        content = text.encode()
        if len(content) > MAX_BYTES:
            raise ReportError(f"the report is larger than {MAX_BYTES} bytes: shorten its texts")
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(path.parent, _FOLDER) as folder:
            _refuse_other_kinds(path, folder)
            _replace(path.name, content, folder)
            _sync_folder(folder)
            _compare(path, content, folder)
    except (OSError, ValueError) as error:
        raise _translated(path, "write", error) from error


def read_report_file(path: Path) -> str:
    """The text of a report.

    Raises:
        ReportError: If there is none, it is no regular file, larger than 4 MiB or no UTF-8.
    """
    try:
        with _opened(path, _READ) as file:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise ReportError(f"{_shown(path)} is no regular file: remove it")
            content = _content(file)
        if len(content) > MAX_BYTES:
            raise ReportError(f"{_shown(path)} is larger than {MAX_BYTES} bytes: remove it")
        return content.decode()
    except (OSError, ValueError) as error:
        raise _translated(path, "read", error) from error


@contextmanager
def _opened(path: Path | str, flags: int, *, folder: int | None = None) -> Iterator[int]:
    descriptor = os.open(path, flags, 0o600, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _refuse_other_kinds(path: Path, folder: int) -> None:
    """A device or pipe at the path (`/dev/null`, for instance) must not be replaced by a file."""
    try:
        mode = os.lstat(path.name, dir_fd=folder).st_mode
    except FileNotFoundError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        raise ReportError(
            f"{_shown(path)} is no regular file: remove it, or choose another folder for reports"
        )


def _replace(name: str, content: bytes, folder: int) -> None:
    # Its own name, not the report's with an ending: that could be longer than a name may be.
    temporary = f".report-{secrets.token_hex(8)}.tmp"
    try:
        with _opened(temporary, _CREATE, folder=folder) as file:
            _write_all(file, content)
            os.fchmod(file, _FILE_MODE)
            os.fsync(file)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        # Gone already when all went well.
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)


def _write_all(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]


def _sync_folder(folder: int) -> None:
    """Make the new name durable, where the file system can."""
    try:
        os.fsync(folder)
    except OSError as error:
        # Some network file systems cannot; the file itself is safe and is read back below.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def _compare(path: Path, content: bytes, folder: int) -> None:
    with _opened(path.name, _READ, folder=folder) as file:
        is_same = _content(file, limit=len(content)) == content
    if not is_same:
        raise ReportError(
            f"{_shown(path)} does not hold what was written: see who else writes there, "
            "then check again"
        )


def _content(file: int, *, limit: int = MAX_BYTES) -> bytes:
    """At most one byte more than the limit, so that the caller sees that it was passed."""
    with os.fdopen(file, "rb", closefd=False) as stream:
        return stream.read(limit + 1)


def _translated(path: Path, verb: str, error: OSError | ValueError) -> ReportError:
    if isinstance(error, OSError):
        code = error.errno or 0
        why = os.strerror(code) if code else str(error)
        remedy = _REMEDIES.get(code, "see that the folder and the disk are sound")
    else:
        why = "it is no UTF-8 text" if isinstance(error, UnicodeError) else str(error)
        remedy = "remove it and check again"
    return ReportError(f"cannot {verb} the report {_shown(path)}: {why}; {remedy}")


def _shown(path: Path) -> str:
    """The path in quotes, without characters that could move a cursor."""
    return repr(str(path))
