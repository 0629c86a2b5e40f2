"""A repository as judging reads it: pinned commits, trees, changes and blobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coverage_gate.adapters.git import landing, refs
from coverage_gate.adapters.git.blobs import check_sizes, read_blobs, sizes_of
from coverage_gate.adapters.git.changes import DIFF_TREE, parse_changes
from coverage_gate.adapters.git.faults import (
    blamed,
    content_fault,
    missing_object,
    shown,
    tree_too_large,
)
from coverage_gate.adapters.git.hunks import read_diffs
from coverage_gate.adapters.git.known import SMALL_BYTES, Known, Listing, known_of
from coverage_gate.adapters.git.location import Location, locate
from coverage_gate.adapters.git.objects import Objects, borrow_objects
from coverage_gate.adapters.git.pairs import source_pairs
from coverage_gate.adapters.git.trees import MAX_FILES, SUBMODULE_MODE, TreeEntry, parse_tree
from coverage_gate.core.changes import Changes, Commit, Landing
from coverage_gate.core.linemap import FileDiff
from coverage_gate.ports import RepositoryError

_TREE_BYTES = MAX_FILES * 320


@dataclass(frozen=True, slots=True, kw_only=True)
class GitView:
    """Implements `ports.Repository`. Nothing is ever written to the repository itself.

    Every method that takes an id refuses anything but a full one, and every method raises
    `RepositoryError`; `branch_fault` says that only the content of the judged side explains it.

    Attributes:
        location: Where the repository is.
        objects: Its objects through a private folder; trees of merges live only there.
        known: What ids of it were found to stand for, also by views before.
    """

    location: Location
    objects: Objects
    known: Known = field(default_factory=Known, repr=False, compare=False)

    def resolve(self, ref: str) -> Commit:
        """Pin a branch, tag, sha, HEAD or other revision; see `refs.find_commit` for the order.

        Raises:
            RepositoryError: "unknown-ref", "no-commits", or "object-missing" when the commit or
                its tree is not there.
        """
        return self.pin(refs.find_commit(self.location, ref), ref)

    def pin(self, sha: str, ref: str) -> Commit:
        """The commit of an id that was found under a name. Raises as `resolve` does."""
        if ref.lower() == sha:
            # No name in the repository leads to it: what was there before may be gone by now.
            return self.known.commits.keep(sha, self._pin(sha, ref))
        return self.known.commits.recall(sha, lambda: self._pin(sha, ref))

    def _pin(self, sha: str, ref: str) -> Commit:
        feed = "".join(f"{sha}{kind}\n" for kind in ("", "^{commit}", "^{tree}")).encode()
        answer = self.objects.run(
            "cat-file", "--batch-check=%(objectname) %(objecttype)", feed=feed
        )
        named, commit, tree = (line.split(b" ") for line in answer.output.split(b"\n")[:3])
        if named[-1] in (b"blob", b"tree"):
            raise RepositoryError(f"{shown(ref)!r} is no commit. Name one.", code="unknown-ref")
        if commit[-1] != b"commit" or tree[-1] != b"tree":
            # A ref that leads nowhere was made so; a bare id may simply not be fetched yet.
            made = ref.lower() != sha and not self.objects.partial
            raise missing_object(f"the commit {sha} or its tree", branch_fault=made)
        return Commit(sha=commit[0].decode(), tree=tree[0].decode())

    def committed_at(self, commit: str) -> int:
        """When it says that it was committed, in seconds since 1970; whoever made it chose that.

        Raises:
            RepositoryError: If there is no such commit.
            ValueError: If it names no time.
        """
        _checked(commit)
        return self.known.times.recall(
            commit, lambda: int(self.objects.run("log", "-1", "--format=%ct", commit).output)
        )

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether the history of one commit holds another."""
        return landing.is_ancestor(self.objects, _checked(ancestor), _checked(descendant))

    def default_branch(self) -> str | None:
        """The branch that others start from; None when nothing tells. See `refs`."""
        return refs.default_branch(self.location)

    def landing(self, base: Commit, head: Commit) -> Landing:
        """What would land; see `landing.land`."""
        self._list_both(base.tree, head.tree)
        try:
            return landing.land(self.objects, base, head)
        except RepositoryError:
            self._list_anew(base.tree, head.tree)
            raise

    def changes(self, base_tree: str, tree: str) -> Changes:
        """What differs from one tree to the other, renames found, sorted by path."""
        return self.known.changes.recall((base_tree, tree), lambda: self._compare(base_tree, tree))

    def _compare(self, base_tree: str, tree: str) -> Changes:
        self._list_both(base_tree, tree)
        try:
            answer = self.objects.run(*DIFF_TREE, base_tree, tree)
        except RepositoryError as error:
            self._list_anew(base_tree, tree)
            if not self._is_complete(base_tree):
                raise blamed(error, branch_fault=False) from error
            raise content_fault(error) from error
        return Changes(base_tree=base_tree, tree=tree, files=parse_changes(answer.output))

    def diff(self, base_tree: str, tree: str) -> tuple[FileDiff, ...]:
        """What differs line by line in Python source files, in the order of `changes`."""
        changes = self.changes(base_tree, tree)
        pairs = source_pairs(changes.files, self._listing(base_tree), self._listing(tree))
        try:
            return read_diffs(self.objects, pairs, remember=self._remember)
        except RepositoryError as error:
            if not _are_sound(self.objects, [pair.old for pair in pairs if pair.old]):
                raise blamed(error, branch_fault=False) from error
            raise content_fault(error) from error

    def list_tree(self, tree: str) -> tuple[TreeEntry, ...]:
        """Everything in a tree that is no folder, in git's order.

        Raises:
            RepositoryError: "tree-too-large" above 200,000 entries, "hostile-tree" when git cannot
                read it, "object-missing".
        """
        return tuple(self._listing(tree).values())

    def read_file(self, tree: str, path: str) -> bytes | None:
        """One blob of a tree; None where the tree has no such regular file."""
        entry = self._listing(tree).get(path)
        if entry is None or not entry.is_file:
            return None
        known = self.known.small.find(entry.blob)
        if known is None:
            known = self.read_blobs([entry.blob])[entry.blob]
            self._remember({entry.blob: known})
        return known

    def read_ahead(self, trees: Iterable[str], paths: Sequence[str]) -> None:
        """Read these files of several trees at once, for `read_file` to have them already.

        Raises:
            RepositoryError: If a tree or a blob cannot be read.
        """
        listings = [self._listing(tree) for tree in trees]
        entries = [listing[path] for listing in listings for path in paths if path in listing]
        blobs = {entry.blob for entry in entries if entry.is_file}
        unread = [blob for blob in blobs if self.known.small.find(blob) is None]
        self._remember(self.read_blobs(sorted(unread)))

    def _remember(self, contents: Mapping[str, bytes]) -> None:
        for blob, content in contents.items():
            if len(content) <= SMALL_BYTES:
                self.known.small.keep(blob, content)

    def paths(self, tree: str) -> tuple[str, ...]:
        """The regular files of a tree, in git's order."""
        return tuple(path for path, entry in self._listing(tree).items() if entry.is_file)

    def read_small(self, tree: str, paths: Iterable[str], *, max_total: int) -> dict[str, bytes]:
        """Those regular files of a tree that fit into so many bytes together, in this order."""
        listing = self._listing(tree)
        known = [path for path in paths if path in listing and listing[path].is_file]
        held, sizes = self._held(listing[path].blob for path in known)
        fitting, room = {}, max_total
        for path in known:
            blob = listing[path].blob
            if sizes[blob] <= room:
                room -= sizes[blob]
                fitting[path] = blob
        read = self.read_blobs(blob for blob in fitting.values() if blob not in held)
        self._remember(read)
        return {path: held[blob] if blob in held else read[blob] for path, blob in fitting.items()}

    def _held(self, blobs: Iterable[str]) -> tuple[dict[str, bytes], dict[str, int]]:
        """Those of some blobs that were read before, and how large all of them are."""
        wanted = dict.fromkeys(blobs)
        found = {blob: self.known.small.find(blob) for blob in wanted}
        held = {blob: content for blob, content in found.items() if content is not None}
        unread = [blob for blob in wanted if blob not in held]
        sizes = dict(zip(unread, sizes_of(self.objects, unread), strict=True))
        return held, {**sizes, **{blob: len(content) for blob, content in held.items()}}

    def read_blobs(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """Several blobs at once, id → bytes; all of them are held in memory."""
        return dict(read_blobs(self.objects, [_checked(blob) for blob in blobs]))

    def _listing(self, tree: str) -> Listing:
        return self.known.listings.recall(_checked(tree), lambda: _list(self.objects, tree))

    def _is_complete(self, tree: str) -> bool:
        files = (entry.blob for entry in self.list_tree(tree) if entry.mode != SUBMODULE_MODE)
        try:
            check_sizes(self.objects, files)
        except RepositoryError:
            return False
        return True

    def _list_both(self, base_tree: str, tree: str) -> None:
        # A few crafted objects can stand for billions of paths, which merge-tree and diff-tree
        # would hold in memory. Listing stops early, and it tells which side is at fault.
        try:
            self._listing(base_tree)
        except RepositoryError as error:
            raise blamed(error, branch_fault=False) from error
        try:
            self._listing(tree)
        except RepositoryError as error:
            raise content_fault(error) from error

    def _list_anew(self, base_tree: str, tree: str) -> None:
        # What was listed before may be gone by now: then that is the fault, and of its side.
        self.known.listings.forget()
        self._list_both(base_tree, tree)


def _list(objects: Objects, tree: str) -> Listing:
    try:
        answer = objects.run("ls-tree", "-r", "-z", "--full-tree", tree, output_limit=_TREE_BYTES)
    except RepositoryError as error:
        if error.code == "output-too-large":
            raise tree_too_large(f"its paths take more than {_TREE_BYTES} bytes") from error
        raise
    return parse_tree(answer.output)


def _are_sound(objects: Objects, blobs: Iterable[str]) -> bool:
    try:
        return all(True for _ in read_blobs(objects, blobs))
    except RepositoryError:
        return False


def _checked(object_id: str) -> str:
    if not refs.is_id(object_id):
        raise RepositoryError(f"{shown(object_id)!r} is no full object id.", code="unknown-ref")
    return object_id


def open_view(repo: Path, *, scratch: Path) -> GitView:
    """Open a work tree, linked worktree, bare repository or a folder within one.

    Args:
        repo: The folder.
        scratch: An existing folder, in which a private one is made; the caller removes it when the
            view is no longer used.

    Raises:
        RepositoryError: "not-a-repository", "git-missing", "no-space".
    """
    location = locate(repo)
    objects = borrow_objects(location, scratch)
    return GitView(location=location, objects=objects, known=known_of(location))
