"""Makes entries of every kind from a JSON list on standard input; names are bytes written as latin1 text.

Usage: tree.py ROOT. Directory times and modes are set last, deepest first, so that their children do not disturb them.
"""
import ctypes
import json
import os
import stat
import subprocess
import sys

root = os.fsencode(sys.argv[1])
entries = json.load(sys.stdin)
os.umask(0)
os.makedirs(root, exist_ok=True)


def data(text):
    return text.encode("latin1")


def content(fd, entry):
    if "segments" in entry:
        for segment in entry["segments"]:
            os.pwrite(fd, bytes([segment["fill"]]) * segment["length"], segment["at"])
        os.ftruncate(fd, entry["size"])
    elif "fill" in entry:
        # Each block differs from the next, so that a block in the wrong place is seen.
        block = b"".join(b"%015d\n" % (entry["fill"] * 1000003 + n) for n in range(4096))
        left = entry["size"]
        while left > 0:
            left -= os.write(fd, block[: min(left, len(block))])
    else:
        body = data(entry.get("content", ""))
        while body:
            body = body[os.write(fd, body):]


def make(path, entry):
    kind = entry["kind"]
    mode = entry.get("mode")
    if kind != "directory" and "/" in entry["path"]:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    if kind == "directory":
        os.makedirs(path, exist_ok=True)
    elif kind == "file":
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        content(fd, entry)
        os.close(fd)
    elif kind == "symlink":
        os.symlink(data(entry["target"]), path)
    elif kind == "link":
        os.link(os.path.join(root, data(entry["target"])), path, follow_symlinks=False)
    elif kind == "fifo":
        os.mknod(path, stat.S_IFIFO | 0o600)
    elif kind == "socket":
        os.mknod(path, stat.S_IFSOCK | 0o600)
    elif kind == "char":
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(*entry["rdev"]))
    elif kind == "block":
        os.mknod(path, stat.S_IFBLK | 0o600, os.makedev(*entry["rdev"]))
    else:
        raise ValueError(kind)
    if "uid" in entry:
        os.chown(path, entry["uid"], entry.get("gid", entry["uid"]), follow_symlinks=False)
    for name, value in entry.get("xattrs", {}).items():
        os.setxattr(path, name, data(value), follow_symlinks=False)
    if mode is not None and kind not in ("symlink", "directory"):
        os.chmod(path, mode)
    for acl in entry.get("acls", []):
        subprocess.run(["setfacl", "-m", acl, "--", path], check=True)


libc = ctypes.CDLL(None, use_errno=True)
UTIME_OMIT = (1 << 30) - 2


class Timespec(ctypes.Structure):
    _fields_ = [("sec", ctypes.c_long), ("nsec", ctypes.c_long)]


def touch(path, ns):
    """os.utime goes through floating point for some negative times; this does not."""
    times = (Timespec * 2)(Timespec(0, UTIME_OMIT), Timespec(ns // 10**9, ns % 10**9))
    if libc.utimensat(-100, path, ctypes.byref(times), 0x100) != 0:
        raise OSError(ctypes.get_errno(), "utimensat", path)


for entry in entries:
    make(os.path.join(root, data(entry["path"])) if entry["path"] else root, entry)
for entry in reversed(entries):
    path = os.path.join(root, data(entry["path"])) if entry["path"] else root
    if "mtime" in entry:
        touch(path, int(entry["mtime"]))
    if entry["kind"] == "directory" and "mode" in entry:
        os.chmod(path, entry["mode"])
