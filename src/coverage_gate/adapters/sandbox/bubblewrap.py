"""The arguments of bubblewrap: a file system of what a run needs, and namespaces of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from coverage_gate.links import links_to
from coverage_gate.ports import Premises

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu")
#: What programs look up in /etc. The rest of it is the host's own affair, and may hold secrets.
_ETC = (
    *(
        "alternatives",
        "ca-certificates",
        "ca-certificates.conf",
        "debian_version",
        "default/locale",
    ),
    *("ethertypes", "fonts", "gai.conf", "gitconfig", "host.conf", "hosts", "inputrc"),
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "locale.alias", "locale.conf", "localtime"),
    *("machine-id", "magic", "mailcap", "mime.types", "networks", "nsswitch.conf", "os-release"),
    *("pki", "profile", "protocols", "python3", "resolv.conf", "rpc", "services", "shells"),
    *("ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone"),
)
_MADE = frozenset(map(Path, ("/", "/tmp", "/var/tmp", "/dev/shm")))  # noqa: S108 - those very folders
#: Files of /etc that are made for the run.
NAMES = ("passwd", "group")
#: Never shown as a whole, whoever names them.
_TOO_WIDE = frozenset(
    map(PurePath, ("/", "/home", "/root", "/etc", "/var", "/proc", "/sys", "/dev"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A place inside and where its files are outside."""

    place: Path
    source: Path
    is_writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How one run is held.

    Attributes:
        program: bubblewrap itself.
        premises: What the run sees.
        names: A folder with what stands for /etc/passwd and /etc/group.
        cwd: Where the run starts.
        room: Bytes of each folder in memory.
        is_root: Whether we are root: then bubblewrap needs no user namespace, and `inside` becomes
            another user.
        is_closed: Whether the network is.
        is_frozen: Whether the folder where the run starts is read-only.
    """

    program: Path
    premises: Premises
    names: Path
    cwd: Path
    room: int
    is_root: bool
    is_closed: bool = True
    is_frozen: bool = False


def arguments(cell: Cell) -> list[str]:
    """The command line, up to the program that is held."""
    options = [
        str(cell.program),
        *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *(["--unshare-net"] if cell.is_closed else []),
        *("--die-with-parent", "--new-session", "--as-pid-1", "--cap-drop", "ALL"),
    ]
    if cell.is_root:
        options += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        options += ["--unshare-user", "--disable-userns"]
    options += [*_system(), *_devices(cell.room)]
    binds = binds_of(cell)
    links = _links(cell.premises.readable, binds)
    options += _folders([*(bind.place for bind in binds), *links])
    for bind in planned(binds, links):
        options += [_how(bind), str(bind.source), str(bind.place)]
    for link in links:
        options += ["--symlink", str(link.readlink()), str(link)]
    for folder in cell.premises.emptied:
        options += _in_memory(folder, cell.room)
    for name in NAMES:
        options += ["--ro-bind", str(cell.names / name), f"/etc/{name}"]
    return [*options, "--remount-ro", "/", "--chdir", str(cell.cwd), "--"]


def _how(bind: Bind) -> str:
    return "--bind" if bind.is_writable else "--ro-bind"


def _system() -> list[str]:
    options = _open_folders(map(Path, ("/etc", "/etc/default", "/etc/ssl", "/var")))
    for name in _SYSTEM:
        place = Path(name)
        if place.is_symlink():
            options += ["--symlink", str(place.readlink()), name]
        elif place.is_dir():
            options += ["--ro-bind", name, name]
    for name in _ETC:
        # By its real place: resolv.conf and localtime are links to places that are not shown.
        real = Path("/etc", name).resolve()
        if real.exists():
            options += ["--ro-bind", str(real), f"/etc/{name}"]
    return options


def shown_of_system() -> list[str]:
    """The places of the system that every run may read."""
    return [*_SYSTEM, *(str(Path("/etc", name).resolve()) for name in (*_ETC, *NAMES))]


def _devices(room: int) -> list[str]:
    shared = _in_memory(Path("/dev/shm"), room)  # noqa: S108 - that very folder
    devices = ["--proc", "/proc", "--dev", "/dev", *shared, "--remount-ro", "/dev"]
    return [*devices, *_in_memory(Path("/tmp"), room), *_in_memory(Path("/var/tmp"), room)]  # noqa: S108


def _in_memory(folder: Path, room: int) -> list[str]:
    return ["--perms", "1777", "--size", str(room), "--tmpfs", str(folder)]


def binds_of(cell: Cell) -> list[Bind]:
    """All that is shown, what lies deeper later."""
    premises = cell.premises
    found = {}
    for place, source in premises.stand_ins:
        if place.exists():
            found[place] = Bind(place=place, source=source)
    for path in premises.readable:
        real = path.resolve()
        if real.exists() and real not in _TOO_WIDE and not _is_system(real):
            found.setdefault(real, Bind(place=real, source=real))
    for path in premises.writable:
        is_writable = not (cell.is_frozen and path == cell.cwd)
        found[path] = Bind(place=path, source=path, is_writable=is_writable)
    ordered = sorted(found.values(), key=lambda bind: len(bind.place.parts))
    return [bind for bind in ordered if not _is_shown(bind, found)]


def _is_system(path: Path) -> bool:
    return any(path.is_relative_to(name) for name in _SYSTEM)


def _is_shown(bind: Bind, binds: dict[Path, Bind]) -> bool:
    """Whether a place above shows the same already."""
    above = next((binds[parent] for parent in bind.place.parents if parent in binds), None)
    if above is None or above.is_writable != bind.is_writable:
        return False
    return above.source / bind.place.relative_to(above.place) == bind.source


def planned(binds: Sequence[Bind], links: Sequence[Path] = ()) -> Iterator[Bind]:
    """The same with a place for each: what lies in a shown folder that has no such place is none.

    A folder that lacks it, or one of the links, is shown by its entries.
    """
    places = [*(bind.place for bind in binds), *links]
    for bind in binds:
        inner = [place for place in places if bind.place in place.parents]
        yield from _opened(bind, [place for place in inner if not _has(bind, place)])


def _has(bind: Bind, place: Path) -> bool:
    return (bind.source / place.relative_to(bind.place)).exists()


def _opened(bind: Bind, missing: Sequence[Path]) -> Iterator[Bind]:
    if not missing or not bind.source.is_dir():
        yield bind
        return
    for entry in sorted(bind.source.iterdir()):
        place = bind.place / entry.name
        own = Bind(place=place, source=entry, is_writable=bind.is_writable)
        yield from _opened(own, [each for each in missing if place in each.parents])


def _folders(places: Sequence[Path]) -> list[str]:
    """The folders on the way, open to the user who runs the tests: by itself it closes them."""
    above = dict.fromkeys(parent for place in places for parent in reversed(place.parents))
    missing = [folder for folder in above if not _is_system(folder) and folder not in _MADE]
    return _open_folders(missing)


def _open_folders(folders: Iterable[Path]) -> list[str]:
    return [word for folder in folders for word in ("--perms", "0755", "--dir", str(folder))]


def _links(paths: Sequence[Path], binds: Sequence[Bind]) -> list[Path]:
    """Links on the way to what is shown, so that it is found by the name that it is known by."""
    found = dict.fromkeys(link for path in paths for link in links_to(path))
    return [link for link in found if not _is_system(link) and not _leads(link, binds)]


def _leads(link: Path, binds: Sequence[Bind]) -> bool:
    """Whether what is shown around a link has it already. A stand-in may lack it."""
    around = [bind for bind in binds if bind.place in link.parents]
    if not around:
        return False
    nearest = max(around, key=lambda bind: len(bind.place.parts))
    return (nearest.source / link.relative_to(nearest.place)).is_symlink()
