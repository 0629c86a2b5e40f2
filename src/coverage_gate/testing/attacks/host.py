"""Attacks on the host, its secrets and its resources, as programs that run where tests would.

Each gets the facts of a world that stands for the host, see `world`, and ends with THROUGH where it
reached what it tried; what only the host can see is looked for there. Beside each stands its honest
twin: what suites do that looks like it, which must work in every cage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: The exit status of an attack that got through.
THROUGH = 42

_START = """\
import contextlib, ctypes, json, mmap, os, resource, signal, socket, subprocess, sys, time
host = json.loads(sys.argv[1])
mega = bytes(1024 * 1024)
libc = ctypes.CDLL(None, use_errno=True)


def through(is_through):
    sys.stdout.flush()
    os._exit(42 if is_through else 0)


def written(path):
    try:
        with open(path, "a") as file:
            file.write("x")
    except OSError:
        return False
    return True


def read(path, size=1 << 20):
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError:
        return b""


def reached(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as client:
        client.settimeout(2)
        try:
            client.connect(address)
        except OSError:
            return False
    return True


"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAttack:
    """One attack on the host.

    Attributes:
        name: Of it.
        tries: For people: what it would reach.
        code: The program, after a few functions that all share.
        twin_is: For people: the honest thing that looks like it.
        twin: The honest program; it ends with 0 where it works.
        seen: What the host sees afterwards, given the folder of the world: whether it was harmed.
    """

    name: str
    tries: str
    code: str
    twin_is: str
    twin: str
    seen: Callable[[Path], bool] | None = None

    def program(self) -> str:
        """The attack, to be run by Python with the world as JSON."""
        return _START + self.code

    def twin_program(self) -> str:
        """Its twin, in the same way."""
        return _START + self.twin


def _is_changed(name: str) -> Callable[[Path], bool]:
    return lambda top: (top / name).read_text() != "own\n"


def _exists(name: str) -> Callable[[Path], bool]:
    return lambda top: (top / name).exists()


_SERVER = """\
with socket.create_server(("127.0.0.1", 0)) as server:
    ok = reached(socket.AF_INET, server.getsockname())
sys.exit(not ok)
"""
_OWN_FILE = """\
path = os.path.join(os.environ["TMPDIR"], "own")
sys.exit(not (written(path) and read(path) == b"x"))
"""
_OWN_CHILD = """\
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
child.send_signal(signal.SIGTERM)
sys.exit(child.wait() != -signal.SIGTERM)
"""
_HOME = """\
with open(os.path.expanduser("~/.toolrc"), "w") as file:
    file.write("own")
sys.exit(read(os.path.expanduser("~/.toolrc")) != b"own")
"""
_REPOSITORY = """\
folder = os.path.join(os.environ["TMPDIR"], "repository")
subprocess.run(["git", "init", "-q", folder], check=True)
sys.exit(not written(os.path.join(folder, ".git", "hooks", "post-checkout")))
"""
_FILL = """\
count = 0
with contextlib.suppress(OSError):
    for number in range({mega}):
        with open(os.path.join({folder}, f"full-{{number % 8}}"), "ab") as file:
            file.write(mega)
        count += 1
        time.sleep({pause})
through(count == {mega})
"""

#: All of them. The bounds of the world are those of `world.BOUNDS`.
HOST_ATTACKS: tuple[HostAttack, ...] = (
    HostAttack(
        name="environment-of-the-gate",
        tries="reads secrets in the environment of any process that /proc shows",
        code="""\
names = [name for name in os.listdir("/proc") if name.isdecimal()]
through(any(host["secret"].encode() in read(f"/proc/{name}/environ") for name in names))
""",
        twin_is="reads its own environment in /proc",
        twin='sys.exit(b"TMPDIR=" not in read("/proc/self/environ"))\n',
    ),
    HostAttack(
        name="token-file",
        tries="reads a file that only the gate's user may read",
        code='through(read(host["token"]) != b"")\n',
        twin_is="reads what it wrote itself",
        twin=_OWN_FILE,
    ),
    HostAttack(
        name="memory-of-a-process",
        tries="opens the memory of a process of the gate's user",
        code="""\
try:
    os.close(os.open(f"/proc/{host['victim']}/mem", os.O_RDONLY))
except OSError:
    through(False)
through(host["secret"].encode() in read(f"/proc/{host['victim']}/environ"))
""",
        twin_is="opens its own memory",
        twin='os.close(os.open("/proc/self/mem", os.O_RDONLY))\n',
    ),
    HostAttack(
        name="trace-a-process",
        tries="attaches to a process of the gate's user as a debugger",
        code="""\
with open("/proc/self/status") as file:
    is_host = str(host["pids"]) == os.readlink("/proc/self/ns/pid")
through(is_host and libc.ptrace(16, host["victim"], None, None) == 0)
""",
        twin_is="traces a child of its own",
        twin="""\
child = os.fork()
if child == 0:
    libc.ptrace(0, 0, None, None)
    os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(0)
_, status = os.waitpid(child, os.WUNTRACED)
stopped = os.WIFSTOPPED(status)
os.kill(child, signal.SIGKILL)
sys.exit(not stopped)
""",
    ),
    HostAttack(
        name="kill-a-process",
        tries="kills a process of the gate's user",
        code="""\
is_host = str(host["pids"]) == os.readlink("/proc/self/ns/pid")
try:
    is_host and os.kill(host["victim"], signal.SIGTERM)
except OSError:
    through(False)
through(is_host)
""",
        twin_is="kills a child of its own",
        twin=_OWN_CHILD,
    ),
    HostAttack(
        name="service-on-loopback",
        tries="connects to a server on the host's loopback",
        code='through(reached(socket.AF_INET, ("127.0.0.1", host["tcp"])))\n',
        twin_is="starts a server on its own loopback",
        twin=_SERVER,
    ),
    HostAttack(
        name="datagram",
        tries="sends a datagram out",
        code="""\
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
    sender.sendto(b"out", ("127.0.0.1", host["udp"]))
""",
        twin_is="sends a datagram to itself",
        twin="""\
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
    own.bind(("127.0.0.1", 0))
    own.sendto(b"own", own.getsockname())
    sys.exit(own.recv(9) != b"own")
""",
    ),
    HostAttack(
        name="socket-in-the-file-system",
        tries="connects to a service by its socket file, as to a container engine",
        code='through(reached(socket.AF_UNIX, host["socket"]))\n',
        twin_is="serves at a socket file of its own",
        twin="""\
path = os.path.join(os.environ["TMPDIR"], "s")
with socket.socket(socket.AF_UNIX) as server:
    server.bind(path)
    server.listen()
    sys.exit(not reached(socket.AF_UNIX, path))
""",
    ),
    HostAttack(
        name="abstract-socket",
        tries="connects to a service by its abstract address",
        code='through(reached(socket.AF_UNIX, "\\0" + host["secret"]))\n',
        twin_is="serves at an abstract address of its own",
        twin="""\
with socket.socket(socket.AF_UNIX) as server:
    server.bind("\\0own-" + str(os.getpid()))
    server.listen()
    sys.exit(not reached(socket.AF_UNIX, server.getsockname()))
""",
    ),
    HostAttack(
        name="rewrite-the-database",
        tries="writes into the gate's database",
        code='written(host["database"])\n',
        twin_is="has a database of its own",
        twin="""\
import sqlite3
with sqlite3.connect(os.path.join(os.environ["TMPDIR"], "own.db")) as own:
    own.execute("CREATE TABLE a(b)")
""",
        seen=_is_changed("store.db"),
    ),
    HostAttack(
        name="installed-packages",
        tries="drops a .pth file into the site-packages that all runs share",
        code='written(os.path.join(host["packages"], "evil.pth"))\n',
        twin_is="installs into a folder of its own",
        twin=_OWN_FILE,
        seen=_exists("packages/evil.pth"),
    ),
    HostAttack(
        name="the-interpreter-itself",
        tries="appends to the interpreter that runs the tests of everybody",
        code='written(os.path.join(host["packages"], "python"))\n',
        twin_is="makes a program of its own",
        twin="""\
path = os.path.join(os.environ["TMPDIR"], "tool")
with open(path, "w") as file:
    file.write("#!/bin/sh\\nexit 0\\n")
os.chmod(path, 0o755)
sys.exit(subprocess.call([path]))
""",
        seen=_is_changed("packages/python"),
    ),
    HostAttack(
        name="files-of-the-home",
        tries="appends to the shell's start-up file of the gate's user",
        code='written(host["home"] + "/.bashrc")\n',
        twin_is="writes into the HOME that it is given",
        twin=_HOME,
        seen=_is_changed("home/.bashrc"),
    ),
    HostAttack(
        name="cron",
        tries="leaves a job for later",
        code='written(host["home"] + "/crontab")\n',
        twin_is="leaves a file in the tree",
        twin='sys.exit(not written("left"))\n',
        seen=_exists("home/crontab"),
    ),
    HostAttack(
        name="hooks-of-the-repository",
        tries="plants a git hook in the repository that the gate works on",
        code='written(host["repository"] + "/.git/hooks/post-checkout")\n',
        twin_is="plants a hook in a repository of its own",
        twin=_REPOSITORY,
        seen=_exists("repository/.git/hooks/post-checkout"),
    ),
    HostAttack(
        name="result-of-another-run",
        tries="writes where another run leaves its results",
        code='written(host["other"] + "/outcomes.jsonl")\n',
        twin_is="writes results into its own folder",
        twin='sys.exit(not written("outcomes"))\n',
        seen=_exists("other/outcomes.jsonl"),
    ),
    HostAttack(
        name="fill-the-temporary-folder",
        tries="writes four times as much as it may below TMPDIR",
        code=_FILL.format(mega=256, folder='os.environ["TMPDIR"]', pause=0.008),
        twin_is="writes a megabyte there",
        twin="""\
with open(os.path.join(os.environ["TMPDIR"], "one"), "wb") as file:
    file.write(mega)
""",
    ),
    HostAttack(
        name="fill-the-tree",
        tries="writes four times as much as it may into the tree",
        code=_FILL.format(mega=256, folder="os.getcwd()", pause=0.008),
        twin_is="writes a megabyte there",
        twin="""\
with open("one", "wb") as file:
    file.write(mega)
""",
    ),
    HostAttack(
        name="fork-bomb",
        tries="has 400 processes at once, where 64 are allowed",
        code="""\
count = 0
with contextlib.suppress(OSError):
    for _ in range(400):
        if os.fork() == 0:
            signal.pause()
        count += 1
through(count == 400)
""",
        twin_is="has 16 processes at once",
        twin="""\
for _ in range(16):
    if os.fork() == 0:
        time.sleep(0.05)
        os._exit(0)
sys.exit(sum(os.wait()[1] for _ in range(16)))
""",
    ),
    HostAttack(
        name="eat-the-memory",
        tries="asks for twice the memory that a process may have",
        code="""\
try:
    own = bytearray(1 << 29)
except MemoryError:
    through(False)
through(len(own) == 1 << 29)
""",
        twin_is="asks for 64 MB",
        twin="sys.exit(len(bytearray(1 << 26)) != 1 << 26)\n",
    ),
    HostAttack(
        name="eat-descriptors",
        tries="opens 70,000 files",
        code="""\
count = 0
with contextlib.suppress(OSError):
    for _ in range(70_000):
        os.open("/dev/null", os.O_RDONLY)
        count += 1
through(count == 70_000)
""",
        twin_is="opens 500",
        twin="""\
for _ in range(500):
    os.open("/dev/null", os.O_RDONLY)
""",
    ),
    HostAttack(
        name="daemon",
        tries="leaves a process of another session, without an environment, that holds a lock",
        code="""\
import fcntl
told, teller = os.pipe()
if os.fork():
    os.read(told, 1)
    through(False)
os.setsid()
if os.fork():
    os._exit(0)
held = os.open("lock", os.O_CREAT | os.O_RDWR)
fcntl.flock(held, fcntl.LOCK_EX)
os.write(teller, b"+")
signal.pause()
""",
        twin_is="has a child that ends by itself after it",
        twin="""\
if os.fork() == 0:
    time.sleep(0.2)
    written("late")
    os._exit(0)
""",
    ),
    HostAttack(
        name="hold-the-pipe",
        tries="ends, and leaves a grandchild that keeps the output open",
        code="""\
if os.fork() == 0:
    os.setsid()
    time.sleep(30)
through(False)
""",
        twin_is="prints and ends",
        twin='print("done")\n',
    ),
    HostAttack(
        name="kill-who-waits",
        tries="kills its parent, and stays",
        code="""\
if os.getppid() > 1:
    with contextlib.suppress(OSError):
        os.kill(os.getppid(), signal.SIGKILL)
import fcntl
held = os.open("lock", os.O_CREAT | os.O_RDWR)
fcntl.flock(held, fcntl.LOCK_EX)
time.sleep(3)
os._exit(0)
""",
        twin_is="asks who its parent is",
        twin="sys.exit(os.getppid() < 0)\n",
    ),
    HostAttack(
        name="orphan-without-a-name",
        tries="kills its parent, and leaves a process of another session, without an environment",
        code="""\
import fcntl
held = os.open("lock", os.O_CREAT | os.O_RDWR)
fcntl.flock(held, fcntl.LOCK_EX)
os.set_inheritable(held, True)
told, teller = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.execve("/bin/sleep", ["sleep", "30"], {})
os.close(teller)
os.read(told, 1)
if os.getppid() > 1:
    with contextlib.suppress(OSError):
        os.kill(os.getppid(), signal.SIGKILL)
time.sleep(3)
os._exit(0)
""",
        twin_is="starts a program without an environment and waits for it",
        twin="""\
if os.fork() == 0:
    os.execve("/bin/sleep", ["sleep", "0.05"], {})
sys.exit(os.wait()[1])
""",
    ),
    HostAttack(
        name="shared-memory",
        tries="leaves a segment in /dev/shm",
        code='written("/dev/shm/" + host["secret"])\n',
        twin_is="shares memory and removes it",
        twin="""\
import multiprocessing
lock = multiprocessing.get_context("fork").Lock()
with lock:
    sys.exit(0)
""",
    ),
    HostAttack(
        name="segment-of-system-v",
        tries="leaves a System V segment",
        code="libc.shmget(host['key'], 4096, 0o1600)\n",
        twin_is="makes a private segment and removes it",
        twin="""\
own = libc.shmget(0, 4096, 0o1600)
sys.exit(libc.shmctl(own, 0, None) != 0)
""",
    ),
    HostAttack(
        name="endless-output",
        tries="prints 64 MB",
        code="""\
for _ in range(64):
    os.write(1, mega)
through(False)
""",
        twin_is="prints a line",
        twin='print("one")\n',
    ),
)
