import type { DirectoryEntry } from "../../core/entry.ts";
import { errnoOf } from "../../fs/file-error.ts";
import type { Applier, LocatedPlace, Place } from "./applier.ts";
import { describeOpen, setMetadata } from "./metadata.ts";
import { aboutStore, inStore } from "./version-store.ts";

/** What says that a further name cannot be had there, but nothing against another name. */
const cannotLink: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "ENOSYS", "EMLINK"]);

/**
 * Puts what is at one place where another non-directory stands, which is kept if the run keeps versions. With `isTemp` the
 * first place is a name that a killed run would leave to be removed, so what is to be kept never passes through it.
 */
export function replaceBy(ctx: Applier, from: Place, to: LocatedPlace, isTemp: boolean): void {
  const { driver } = ctx;
  const replace = (): void => driver.rename(from.dir, from.name, to.dir, to.name, "replace");
  if (ctx.versions === undefined) {
    replace();
    return;
  }
  const spot = ctx.versions.spotFor(to.path);
  if (keepLink(ctx, to, spot)) {
    try {
      replace();
    } catch (error) {
      driver.unlink(spot.dir, spot.name);
      throw error;
    }
    return;
  }
  if (isTemp ? swapInStore(ctx, from, to, spot) : swap(ctx, from, to, spot)) return;
  // RACE: where a file system has neither hard links nor an exchange, the name is free for an instant.
  moveInto(ctx, to, spot);
  replace();
}

/** Gives what a directory shall take the place of a name in the store. False where it has no other name any more. */
export function keepOld(ctx: Applier, old: LocatedPlace): { readonly isFree: boolean } {
  if (ctx.versions === undefined) return { isFree: false };
  const spot = ctx.versions.spotFor(old.path);
  if (keepLink(ctx, old, spot)) return { isFree: false };
  moveInto(ctx, old, spot);
  return { isFree: true };
}

/** Takes a name from something that is no directory; with versions, it gets one in the store instead. */
export function giveUp(ctx: Applier, old: LocatedPlace): void {
  if (ctx.versions === undefined) ctx.driver.unlink(old.dir, old.name);
  else moveInto(ctx, old, ctx.versions.spotFor(old.path));
}

/** Removes an empty directory; the store has one like it, with its metadata. */
export function giveUpDirectory(ctx: Applier, old: LocatedPlace, was: DirectoryEntry): void {
  keepDirectory(ctx, old, was);
  ctx.driver.removeDirectory(old.dir, old.name);
}

/** Makes the store's own directory what the one was that goes: by now everything in it has been kept. */
export function keepDirectory(ctx: Applier, { path }: LocatedPlace, was: DirectoryEntry): void {
  if (ctx.versions === undefined) return;
  const fd = ctx.versions.directoryFor(path);
  const { stat } = ctx;
  ctx.driver.statDescriptor(fd, stat);
  const { uid, gid, mode } = stat;
  // What cannot be set there could hardly be set here; the run's record has it all.
  setMetadata(ctx, describeOpen(ctx, fd), was, { uid, gid, mode, isNew: true, isBare: false });
}

function keepLink(ctx: Applier, old: Place, spot: Place): boolean {
  try {
    ctx.driver.makeLink(old.dir, old.name, spot.dir, spot.name);
    return true;
  } catch (error) {
    if (cannotLink.has(errnoOf(error) ?? "")) return false;
    throw aboutStore(error);
  }
}

/** A rename that needs the right to write where the thing stands: that is for the caller to see to. */
function moveInto(ctx: Applier, old: Place, spot: Place): void {
  try {
    ctx.driver.rename(old.dir, old.name, spot.dir, spot.name, "replace");
  } catch (error) {
    throw errnoOf(error) === "EACCES" ? error : aboutStore(error);
  }
}

/** Brings the new into the store, and lets the two change places: the name has one or the other at every moment. */
function swapInStore(ctx: Applier, from: Place, to: Place, spot: Place): boolean {
  if (!ctx.renameFlags) return false;
  const { driver } = ctx;
  const temp = ctx.nextTemp();
  inStore(() => driver.rename(from.dir, from.name, spot.dir, temp, "replace"));
  try {
    driver.rename(spot.dir, temp, to.dir, to.name, "exchange");
  } catch (error) {
    driver.rename(spot.dir, temp, from.dir, from.name, "replace");
    if (!knowsNoExchange(error)) throw error;
    ctx.renameFlags = false;
    return false;
  }
  driver.rename(spot.dir, temp, spot.dir, spot.name, "replace");
  return true;
}

/** The same for something that has a name of its own, under which the old may stand for an instant. */
function swap(ctx: Applier, from: Place, to: Place, spot: Place): boolean {
  if (!ctx.renameFlags) return false;
  const { driver } = ctx;
  try {
    driver.rename(from.dir, from.name, to.dir, to.name, "exchange");
  } catch (error) {
    if (!knowsNoExchange(error)) throw error;
    ctx.renameFlags = false;
    return false;
  }
  try {
    moveInto(ctx, from, spot);
  } catch (error) {
    driver.rename(from.dir, from.name, to.dir, to.name, "exchange");
    throw error;
  }
  return true;
}

function knowsNoExchange(error: unknown): boolean {
  return ["EINVAL", "ENOSYS", "ENOTSUP"].includes(errnoOf(error) ?? "");
}
