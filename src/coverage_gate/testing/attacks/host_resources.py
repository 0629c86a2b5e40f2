"""Attacks that use the host up, or leave something behind that outlives the run."""

from __future__ import annotations

from coverage_gate.testing.attacks.host_attack import HostAttack

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

RESOURCES = (
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
