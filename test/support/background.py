"""Meddles with a tree until it is killed. Usage: background.py WHAT ARGS... [-- WHAT ARGS...]...; prints "ready" once it has begun.

Each change is one that programs make every day; here they are made as fast as can be.
"""
import ctypes
import errno
import os
import shutil
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
RENAME_EXCHANGE = 2


def exchange(a, b):
    if libc.renameat2(AT_FDCWD, os.fsencode(a), AT_FDCWD, os.fsencode(b), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "renameat2", a)


def flip(a, b, link=None):
    """Two names change places: a directory and a link, a file and a fifo. A link that is gone is made again."""
    try:
        exchange(a, b)
        if link is not None and not os.path.islink(a) and not os.path.islink(b):
            shutil.rmtree(b)
            os.symlink(link, b)
    except OSError as error:
        # Whoever works here has just put something else in its place, or one more thing into what is being removed.
        if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
            raise


def grow(path, state={"n": 0}):
    state["n"] += 1
    with open(path, "ab") as file:
        file.write(b"line %011d\n" % state["n"] * 64)


def shrink(path):
    size = os.path.getsize(path)
    os.truncate(path, size // 2 if size > 4096 else 4_000_000)


def rewrite(path, state={"n": 0}):
    """All of the content becomes another letter, without its size ever changing."""
    state["n"] += 1
    letter = bytes([65 + state["n"] % 26])
    with open(path, "r+b") as file:
        file.write(letter * os.path.getsize(path))


def vanish(path, state={}):
    """A name comes and goes, always with the same content."""
    if "content" not in state:
        with open(path, "rb") as file:
            state["content"] = file.read()
    os.unlink(path)
    with open(path, "wb") as file:
        file.write(state["content"])


def replace(path, state={"n": 0}):
    """A new version is renamed over the old one, as editors do."""
    state["n"] += 1
    with open(path + ".new~", "wb") as file:
        file.write(bytes([65 + state["n"] % 26]) * 300_000)
    os.rename(path + ".new~", path)


steps = [[]]
for word in sys.argv[1:]:
    if word == "--":
        steps.append([])
    else:
        steps[-1].append(word)


def all_steps():
    for what, *args in steps:
        globals()[what](*args)


all_steps()
print("ready", flush=True)
while True:
    all_steps()
    # Names flip without pause, for theirs is a race; whoever writes leaves the machine some time for everybody else.
    if any(what != "flip" for what, *args in steps):
        time.sleep(0.001)
