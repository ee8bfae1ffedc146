"""Prints one JSON object a line for every entry below ROOT, the root first: an independent look at a tree.

Usage: walk.py ROOT. Paths are bytes written as latin1 text. Nothing is followed and nothing is opened but regular files.
"""
import base64
import hashlib
import json
import os
import stat
import sys

KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "char",
    stat.S_IFBLK: "block",
}
groups = {}


def text(data):
    return data.decode("latin1")


def attributes(path):
    try:
        # XFS shows its access control lists a second time, in a form of its own.
        names = [n for n in os.listxattr(path, follow_symlinks=False) if not n.startswith("trusted.SGI_ACL_")]
    except OSError:
        return {}
    return {n: base64.b64encode(os.getxattr(path, n, follow_symlinks=False)).decode() for n in sorted(names)}


def hole_bytes(fd, size):
    at, data = 0, 0
    while at < size:
        try:
            start = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            break
        at = os.lseek(fd, start, os.SEEK_HOLE)
        data += at - start
    return size - data


def entry(path, name):
    info = os.lstat(path)
    kind = KINDS[stat.S_IFMT(info.st_mode)]
    out = {
        "path": text(name),
        "kind": kind,
        "mode": stat.S_IMODE(info.st_mode),
        "uid": info.st_uid,
        "gid": info.st_gid,
        "mtime": str(info.st_mtime_ns),
        "inode": f"{info.st_dev}:{info.st_ino}",
        "ctime": str(info.st_ctime_ns),
        "xattrs": attributes(path),
    }
    if kind == "symlink":
        out["target"] = text(os.readlink(path))
    if kind in ("char", "block"):
        out["rdev"] = [os.major(info.st_rdev), os.minor(info.st_rdev)]
    if kind == "file":
        out["size"] = info.st_size
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NOATIME if os.geteuid() == 0 else os.O_RDONLY)
        digest = hashlib.sha256()
        while block := os.read(fd, 1 << 20):
            digest.update(block)
        out["sha256"] = digest.hexdigest()
        out["holes"] = hole_bytes(fd, info.st_size)
        os.close(fd)
    if kind != "directory" and info.st_nlink > 1:
        out["group"] = groups.setdefault((info.st_dev, info.st_ino), text(name))
    return out


def walk(name):
    # Relative to the current directory, so that no depth is too deep for a path.
    here = os.open(b".", os.O_RDONLY | os.O_DIRECTORY)
    for leaf in sorted(os.listdir(b".")):
        below = name + b"/" + leaf if name else leaf
        found = entry(leaf, below)
        print(json.dumps(found))
        if found["kind"] == "directory":
            os.chdir(leaf)
            walk(below)
            os.fchdir(here)
    os.close(here)


sys.setrecursionlimit(10000)
os.chdir(os.fsencode(sys.argv[1]))
print(json.dumps(entry(b".", b"")))
walk(b"")
