import type { LineOptions } from "../test/support/proxy.ts";
import { rclone, type Route } from "./commands.ts";
import { type Rival, rsyncRival, type Work } from "./work.ts";

const PUSH: Route = { end: "target", over: "ssh" };
const PULL: Route = { end: "source", over: "ssh" };
const PUSH_SFTP: Route = { end: "target", over: "sftp" };

/** As fast as this machine. */
const PLAIN: LineOptions = {};
const SLOW: LineOptions = { delayMs: 50, bytesPerSecond: 20_000_000 };
const DISTANT: LineOptions = { delayMs: 40, bytesPerSecond: 12_500_000 };
const FAR: LineOptions = { delayMs: 50 };

// SFTP has times of whole seconds, and rclone keeps no modes and no times of directories.
const KEPT_BY_SFTP = ["-rlpt", "--modify-window=1"];
const KEPT_BY_RCLONE = ["-rt", "--omit-dir-times", "--modify-window=1"];

/** Works with another host at one end, in the order of the table. */
export const REMOTE_WORKS: readonly Work[] = [
  {
    name: "remote-unchanged-push",
    title: "nothing changed, push",
    tree: "sources",
    target: "equal",
    remote: { route: PUSH, line: PLAIN, atMostWire: 0.3 },
    options: [],
    rival: rsyncRival(["-a"], PUSH),
    atMost: 0.8,
  },
  {
    name: "remote-unchanged-pull",
    title: "nothing changed, pull",
    tree: "sources",
    target: "equal",
    remote: { route: PULL, line: PLAIN, atMostWire: 0.3 },
    options: [],
    rival: rsyncRival(["-a"], PULL),
    atMost: 0.8,
  },
  {
    name: "remote-first-copy-push",
    title: "first copy, push",
    tree: "sources",
    target: "missing",
    remote: { route: PUSH, line: PLAIN, atMostWire: 0.6 },
    options: [],
    rival: rsyncRival(["-a"], PUSH),
    atMost: 0.75,
  },
  {
    name: "remote-first-copy-pull",
    title: "first copy, pull",
    tree: "sources",
    target: "missing",
    remote: { route: PULL, line: PLAIN, atMostWire: 0.6 },
    options: [],
    rival: rsyncRival(["-a"], PULL),
    atMost: 0.75,
  },
  {
    name: "remote-first-copy-slow",
    title: "first copy, push, 20 MB/s and 50 ms",
    tree: "sources",
    target: "missing",
    remote: { route: PUSH, line: SLOW, atMostWire: 1 },
    options: [],
    rival: rsyncRival(["-az"], PUSH),
    atMost: 0.9,
  },
  {
    name: "remote-verify",
    title: "`verify`, all equal",
    tree: "sources",
    target: "equal",
    remote: { route: PUSH, line: PLAIN },
    command: "verify",
    options: [],
    rival: rsyncRival(["-anc"], PUSH),
    atMost: 0.8,
  },
  {
    name: "remote-unchanged-distant",
    title: "nothing changed, push, 100 Mbit/s and 40 ms",
    tree: "sources",
    target: "equal",
    remote: { route: PUSH, line: DISTANT, atMostWire: 0.5 },
    options: [],
    rival: rsyncRival(["-a", "--delete"], PUSH),
    atMost: 0.4,
  },
  {
    name: "remote-edited-distant",
    title: "200 edits, push, 100 Mbit/s and 40 ms",
    tree: "changing",
    target: "edited",
    remote: { route: PUSH, line: DISTANT, atMostWire: 0.5 },
    options: [],
    rival: rsyncRival(["-a", "--delete"], PUSH),
    atMost: 0.4,
  },
  {
    name: "remote-renamed",
    title: "a directory of 45 000 files renamed, push",
    tree: "changing",
    target: "renamed",
    remote: { route: PUSH, line: PLAIN, atMostWire: 0.002 },
    options: [],
    rival: rsyncRival(["-a", "--delete"], PUSH),
    atMost: 0.25,
  },
  {
    name: "remote-release",
    title: "a new release of a source tree, push",
    tree: "changing",
    target: "release",
    remote: { route: PUSH, line: PLAIN, atMostWire: 0.5 },
    options: [],
    rival: rsyncRival(["-a", "--delete"], PUSH),
    atMost: 0.7,
  },
  {
    name: "remote-large",
    title: "1 GiB file, 5 edits and one insertion, push",
    tree: "large",
    target: "large-edited",
    remote: { route: PUSH, line: PLAIN, atMostWire: 3 },
    options: [],
    rival: rsyncRival(["-a"], PUSH),
    atMost: 0.5,
  },
  {
    name: "remote-small-far",
    title: "first copy of 10 000 small files, push, 50 ms",
    tree: "small",
    target: "missing",
    remote: { route: PUSH, line: FAR },
    options: [],
    rival: rsyncRival(["-a"], PUSH),
    atMost: 1,
  },
  {
    name: "sftp-first-copy",
    title: "first copy of 10 000 files, push over SFTP",
    tree: "portable",
    target: "missing",
    remote: { route: PUSH_SFTP, line: PLAIN },
    options: [],
    rival: rcloneRival(PUSH_SFTP),
    kept: KEPT_BY_SFTP,
    atMost: 0.5,
  },
  {
    name: "sftp-unchanged",
    title: "10 000 files, nothing changed, push over SFTP",
    tree: "portable",
    target: "equal",
    remote: { route: PUSH_SFTP, line: PLAIN },
    options: [],
    rival: rcloneRival(PUSH_SFTP),
    kept: KEPT_BY_SFTP,
    atMost: 0.5,
  },
];

function rcloneRival(route: Route): Rival {
  return {
    title: "`rclone sync`",
    program: "rclone",
    argv: (pair) => rclone(pair, route),
    kept: KEPT_BY_RCLONE,
  };
}
