"""Attacks that reach out of the cage: for secrets, processes, services and files of the host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from coverage_gate.testing.attacks.host_attack import HostAttack


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

REACH = (
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
)
