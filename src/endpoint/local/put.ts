import type { Entry } from "../../core/entry.ts";
import type { Name } from "../../core/path.ts";
import { baseName, parentPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { kinds } from "../../core/snapshot.ts";
import type { Descriptor } from "../../fs/driver.ts";
import { sameTime } from "../../fs/expectation.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done, Place } from "./applier.ts";
import { checkExpected, inWritable, nothingWritten, placeOf } from "./applier.ts";
import { staged, tryRename } from "./commit.ts";
import { keepOld } from "./keep-version.ts";
import { describeNamed, setMetadata } from "./metadata.ts";

type Of<T extends Action["type"]> = Extract<Action, { type: T }>;

const workMode = 0o700;

/** Makes a directory that its owner alone can use until it is finished; a non-directory in its place goes. */
export function makeDirectory(ctx: Applier, { path, expected }: Of<"make-directory">): Done {
  const place = placeOf(ctx, path);
  const { dir, name } = place;
  if (expected === undefined) {
    try {
      inWritable(ctx, dir, () => ctx.driver.makeDirectory(dir, name, workMode));
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      throw new EntryProblem(
        "target",
        "changed",
        "something has appeared here since the plan was made; the next run will see",
      );
    }
    return nothingWritten;
  }
  checkExpected(ctx, place, expected);
  const temp = ctx.nextTemp();
  inWritable(ctx, dir, () => ctx.driver.makeDirectory(dir, temp, workMode));
  try {
    const { isFree } = inWritable(ctx, dir, () => keepOld(ctx, place));
    if (isFree) ctx.driver.rename(dir, temp, dir, name, "replace");
    else if (tryRename(ctx, { dir, name: temp }, place, "exchange")) {
      try {
        ctx.driver.unlink(dir, temp);
      } catch (error) {
        // RACE: it has become a directory since it was looked at. It goes back to where it was.
        ctx.driver.rename(dir, temp, dir, name, "exchange");
        throw error;
      }
    } else {
      ctx.driver.unlink(dir, name);
      ctx.driver.rename(dir, temp, dir, name, "replace");
    }
  } catch (error) {
    discardDirectory(ctx, dir, temp);
    throw error;
  }
  return nothingWritten;
}

/** What fails here is cleaned up by the next run; what went wrong before is what is reported. */
function discardDirectory(ctx: Applier, dir: Descriptor, temp: Name): void {
  try {
    ctx.driver.removeDirectory(dir, temp);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

export function putSymlink(ctx: Applier, { path, expected, entry }: Of<"put-symlink">): Done {
  const place = placeOf(ctx, path);
  return staged(ctx, place, expected, (temp) => {
    ctx.driver.makeSymlink(place.dir, temp, entry.linkTarget);
    return finishNamed(ctx, place, temp, entry);
  });
}

export function putSpecial(ctx: Applier, { path, expected, entry }: Of<"put-special">): Done {
  const place = placeOf(ctx, path);
  return staged(ctx, place, expected, (temp) => {
    ctx.driver.makeNode(place.dir, temp, entry.kind, 0o600, entry.rdev);
    return finishNamed(ctx, place, temp, entry);
  });
}

/** What says that a further name cannot be had, but nothing against another copy. */
const cannotLink: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "ENOSYS", "EMLINK", "EXDEV"]);

/** Gives something that is right by now a further name; where that cannot be, `copy` makes it anew, and it is said. */
export function putLink(ctx: Applier, action: Of<"link">, copy: () => Done): Done {
  try {
    return tryLink(ctx, action);
  } catch (error) {
    if (!cannotLink.has(errnoOf(error) ?? "")) throw error;
    const message =
      "it cannot be a further name of a file there, and is a copy; see --no-preserve hardlinks";
    return { ...copy(), problem: new EntryProblem("target", "unsupported", message) };
  }
}

function tryLink(ctx: Applier, { path, from, expected, entry }: Of<"link">): Done {
  const { driver } = ctx;
  const fromName = baseName(from);
  const fromDir = ctx.linkTargets.open(parentPath(from));
  driver.stat(fromDir, fromName, ctx.stat);
  const isRight =
    kinds[ctx.stat.kind] === entry.kind &&
    (entry.kind !== "file" || ctx.stat.size === entry.size) &&
    (entry.kind === "symlink" ||
      !ctx.options.preserve.times ||
      sameTime(ctx.stat, entry, linkTolerance(ctx)));
  if (!isRight) {
    throw new EntryProblem(
      "target",
      "blocked",
      "the file that it shall be a further name of is not in place",
    );
  }
  const place = placeOf(ctx, path);
  staged(ctx, place, expected, (temp) => driver.makeLink(fromDir, fromName, place.dir, temp));
  return nothingWritten;
}

/** The plan may have accepted a time within the window that the user named. */
function linkTolerance({ tolerance, options }: Applier): Applier["tolerance"] {
  return { timeResolution: Math.max(tolerance.timeResolution, (options.window ?? 0) + 1) };
}

/** Metadata of what is not opened: a link, a fifo, a socket, a device. */
function finishNamed(ctx: Applier, { dir }: Place, name: Name, entry: Entry): Done {
  const { driver, stat } = ctx;
  driver.stat(dir, name, stat);
  const { uid, gid, mode } = stat;
  if (entry.kind === "symlink" && !driver.features.linkMetadata) return nothingWritten;
  const subject = describeNamed(ctx, dir, name, entry.kind);
  const problem = setMetadata(ctx, subject, entry, {
    uid,
    gid,
    mode,
    isNew: true,
    isBare: entry.kind === "symlink",
  });
  return problem === undefined ? nothingWritten : { ...nothingWritten, problem };
}

/** Sets metadata of an entry that stays. */
export function updateMetadata(ctx: Applier, { path, expected, entry }: Of<"set-metadata">): Done {
  const place = placeOf(ctx, path);
  checkExpected(ctx, place, expected);
  // RACE: what is set by name could, between this look and that call, hit another entry of the same name; it is never
  // followed, so nothing outside the directory is reached.
  const { uid, gid, mode } = ctx.stat;
  const subject = describeNamed(ctx, place.dir, place.name, expected.kind);
  const isBare = expected.xattrs === undefined;
  const problem = setMetadata(ctx, subject, entry, { uid, gid, mode, isNew: false, isBare });
  return problem === undefined ? nothingWritten : { ...nothingWritten, problem };
}
