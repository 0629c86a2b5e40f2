"""A private bare git folder that borrows a repository's objects and nothing else of it.

No configuration, attribute, hook, filter, driver, graft or replace reference of the repository
applies in it, and what git writes (the trees of a merge) stays in it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.git.faults import blamed, shown
from coverage_gate.adapters.git.location import Location
from coverage_gate.adapters.git.process import MIB, GitAnswer, GitCall, git
from coverage_gate.adapters.git.refs import is_id
from coverage_gate.ports import RepositoryError
from coverage_gate.recent import Recent

_CONFIG = "[core]\n\trepositoryformatversion = {version}\n\tbare = true\n"
_FORMAT = "[extensions]\n\tobjectformat = {name}\n"
#: Of the list of commits at which a shallow clone ends.
_ENDS_BYTES = 16 * MIB
_FORMATS: Recent[tuple[Path, int, int, int, int], str] = Recent(most=16)
#: Words about an object that is there: id, kind, size.
_FOUND = 3
_QUOTED = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """The objects of a repository, readable through a private git folder.

    Attributes:
        git_dir: The private folder.
        shallow: The commits at which a shallow clone ends; empty for a whole one.
        partial: Whether the clone left objects out on purpose.
    """

    git_dir: Path
    shallow: frozenset[str]
    partial: bool

    def run(
        self,
        *args: str,
        feed: bytes = b"",
        ok: Sequence[int] = (0,),
        output_limit: int = 64 * MIB,
        timeout_s: float = 300.0,
    ) -> GitAnswer:
        """Run git on the objects.

        Raises:
            RepositoryError: As `process.git`; a missing object counts as the branch's fault, unless
                the clone is partial: a branch can name an object that it does not hold.
        """
        call = GitCall(
            args=args,
            git_dir=self.git_dir,
            feed=feed,
            ok=tuple(ok),
            output_limit=output_limit,
            timeout_s=timeout_s,
        )
        try:
            return git(call)
        except RepositoryError as error:
            if error.code == "object-missing" and not self.partial:
                raise blamed(error, branch_fault=True) from error
            raise


def borrow_objects(location: Location, scratch: Path) -> Objects:
    """Make the private folder in a new folder under `scratch`.

    Raises:
        RepositoryError: If git does not know the repository's format, or `scratch` cannot be
            written.
    """
    object_format = _object_format(location)
    try:
        git_dir = Path(tempfile.mkdtemp(prefix="view-", dir=scratch))
        _lay_out(git_dir, location.common_dir / "objects", object_format)
        shallow = _ends(git_dir, _listed_ends(location.common_dir))
        _write_ends(git_dir, shallow)
    except OSError as error:
        raise RepositoryError(
            f"cannot make a private folder under {shown(str(scratch))}: {shown(str(error))}. Free "
            f"some space, or name another folder for temporary files with TMPDIR.",
            code="no-space",
        ) from error
    return Objects(git_dir=git_dir, shallow=shallow, partial=_is_partial(location.common_dir))


def _object_format(location: Location) -> str:
    """The repository's; asked anew where its configuration is another file than before."""
    try:
        told = (location.common_dir / "config").stat()
    except OSError:
        return _asked_format(location)
    state = (location.common_dir, told.st_ino, told.st_ctime_ns, told.st_mtime_ns, told.st_size)
    return _FORMATS.recall(state, lambda: _asked_format(location))


def _asked_format(location: Location) -> str:
    args = ("rev-parse", "--show-object-format")
    answer = git(GitCall(args=args, git_dir=location.git_dir, work_tree=Path("/")))
    return answer.output.decode("ascii", "replace").strip()


def _lay_out(git_dir: Path, objects: Path, object_format: str) -> None:
    usual = object_format == "sha1"
    config = _CONFIG.format(version=0 if usual else 1)
    config += "" if usual else _FORMAT.format(name=object_format)
    (git_dir / "refs").mkdir()
    (git_dir / "objects" / "info").mkdir(parents=True)
    # A branch without a commit: newer versions of git read attributes from HEAD's tree.
    (git_dir / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
    (git_dir / "config").write_text(config, encoding="ascii")
    line = '"' + str(objects).translate(_QUOTED) + '"\n'
    (git_dir / "objects" / "info" / "alternates").write_bytes(os.fsencode(line))


def _listed_ends(common_dir: Path) -> list[str]:
    source = common_dir / "shallow"
    if not source.is_file():
        return []
    with source.open("rb") as file:
        listed = file.read(_ENDS_BYTES).decode("ascii", "replace").split()
    return [line for line in listed if is_id(line)]


def _ends(git_dir: Path, listed: list[str]) -> frozenset[str]:
    """Those of which a parent is really missing.

    Whoever may write to the repository could list his own commit: then it would have nothing in
    common with the base, and a gate that fails open would let it pass.
    """
    if not listed:
        return frozenset()
    # Nothing in the private folder cuts the history yet.
    kinds = _checked(git_dir, listed)
    commits = [end for end in listed if kinds.get(end) == "commit"]
    arguments = ("rev-list", "--no-walk", "--parents", "--stdin")
    told = git(GitCall(args=arguments, git_dir=git_dir, feed=_lines(commits))).output
    parents = {commit: found for commit, *found in map(str.split, _text(told))}
    known = _checked(git_dir, [parent for each in parents.values() for parent in each])
    return frozenset(end for end in commits if not known.keys() >= set(parents.get(end, ())))


def _checked(git_dir: Path, ids: Sequence[str]) -> dict[str, str]:
    """The kind of each object that is there."""
    call = GitCall(args=("cat-file", "--batch-check"), git_dir=git_dir, feed=_lines(ids))
    told = [line.split() for line in _text(git(call).output)]
    return {found[0]: found[1] for found in told if len(found) == _FOUND}


def _lines(ids: Sequence[str]) -> bytes:
    return "".join(f"{each}\n" for each in ids).encode("ascii")


def _text(output: bytes) -> list[str]:
    return output.decode("ascii", "replace").splitlines()


def _write_ends(git_dir: Path, ends: frozenset[str]) -> None:
    if ends:
        (git_dir / "shallow").write_text("".join(f"{end}\n" for end in sorted(ends)), "ascii")


def _is_partial(common_dir: Path) -> bool:
    return any((common_dir / "objects" / "pack").glob("*.promisor"))
