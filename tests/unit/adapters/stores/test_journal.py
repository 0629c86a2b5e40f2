"""Which journal a file can have where it lies."""

from pathlib import Path

import pytest

from coverage_gate.adapters.stores.journal import MOUNTS, journal_of, read_mounts

TABLE = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /mnt/share rw,relatime shared:7 - nfs4 server:/export rw
31 30 0:41 / /mnt/share/scratch rw - tmpfs tmpfs rw
32 22 0:42 / /mnt/two\\040words rw - cifs //server/x rw
33 22 0:43 / /mnt/over rw - ext4 /dev/vdb rw
34 33 0:44 / /mnt/over rw - fuse.sshfs host:/ rw
damaged line
"""


@pytest.mark.parametrize(
    ("path", "journal"),
    [
        ("/var/lib/gate.db", "WAL"),
        ("/mnt/share/gate.db", "DELETE"),
        ("/mnt/shared/gate.db", "WAL"),
        ("/mnt/share/scratch/gate.db", "WAL"),
        ("/mnt/two words/gate.db", "DELETE"),
        ("/mnt/over/gate.db", "DELETE"),
    ],
)
def test_a_network_file_system_has_no_write_ahead_log(path: str, journal: str) -> None:
    assert journal_of(Path(path), TABLE) == journal


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "lustre", "fuse.glusterfs", "vboxsf"]
)
def test_the_network_file_systems_are_known(kind: str) -> None:
    assert journal_of(Path("/x/gate.db"), f"1 0 0:1 / / rw - {kind} source rw") == "DELETE"


@pytest.mark.parametrize("line", ["", "damaged", "1 2 3 4 /", "1 0 0:1 / / rw no separator here"])
def test_a_line_that_is_no_mount_is_passed_over(line: str) -> None:
    mounts = f"1 0 0:1 / / rw - nfs source rw\n{line}\n"
    assert journal_of(Path("/x/gate.db"), mounts) == "DELETE"


def test_without_a_list_of_mounts_the_file_is_taken_as_local() -> None:
    assert journal_of(Path("/x/gate.db"), read_mounts(Path("/nowhere/mountinfo"))) == "WAL"


def test_a_mount_point_of_any_bytes_can_be_read(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_bytes(b"1 0 0:1 / /mnt/\xff rw - nfs source rw\n")
    assert journal_of(Path("/mnt/\udcff/gate.db"), read_mounts(table)) == "DELETE"


def test_the_list_of_this_machine_can_be_read(tmp_path: Path) -> None:
    assert journal_of(tmp_path, read_mounts(MOUNTS)) in ("WAL", "DELETE")
