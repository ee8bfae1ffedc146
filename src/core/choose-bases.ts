import type { ChunkList } from "./chunk-list.ts";
import { chunkDigestBytes, joinChunkLists } from "./chunk-list.ts";
import type { ChunkIndex } from "./delta.ts";
import { findEach, indexChunks } from "./delta.ts";
import type { RelPath } from "./path.ts";

/** A file that is to be sent, and a sample of what it consists of. */
export interface SampledFile {
  readonly path: RelPath;
  readonly size: number;
  readonly sample: ChunkList;
}

/**
 * Chooses, for each of several files that are to be sent, the few known files whose chunks serve it best. It is handed one
 * list after the other and keeps none of them, so that its memory follows from what is to be sent.
 */
export interface BasisChoice {
  /** Looks at what a known file consists of. One at the path of a file that is to be sent is a basis anyway. */
  look(path: RelPath, list: ChunkList): void;
  /** Those for the file of that number, the best first: each has something that none before it has. */
  chosen(file: number): readonly RelPath[];
}

/** Files that are chosen for one, the one that it replaces not counted. */
const mostChosen = 3;
/** Files that are kept in mind for one: as many as share most with it, since what is best together is known at the end. */
const mostMinded = 8;
/** Chunks found, in all files together: a bound on time, if very many files share what very many others have. */
const mostFound = 1 << 24;
/** Bytes of a chunk in a list on its way. A file has to be likely to save more than twice what its list costs. */
const bytesAChunk = chunkDigestBytes + 4;
const worthwhile = 2;

/** A known file, and which chunks of a sample it has. */
interface Minded {
  readonly path: RelPath;
  readonly chunks: number;
  readonly shared: readonly number[];
}

export function chooseBases(files: readonly SampledFile[]): BasisChoice {
  const samples = joinChunkLists(files.map(({ sample }) => sample));
  const index = indexChunks(samples);
  const owners = ownersOf(files);
  const equals = equalChunks(index, samples);
  const minded = files.map((): Minded[] => []);
  const own = files.map((): readonly number[] => []);
  const numbers = new Map(files.map(({ path }, file) => [path, file]));
  const seen = new Int32Array(samples.sizes.length);
  let looks = 0;
  let found = 0;
  return {
    look(path, list) {
      looks++;
      const shared = new Map<number, number[]>();
      findEach(index, list, (chunk) => {
        if (seen[chunk] === looks || found > mostFound) return;
        seen[chunk] = looks;
        for (let equal = chunk; equal !== -1; equal = equals[equal]!) {
          found++;
          const owner = owners[equal]!;
          const some = shared.get(owner);
          if (some === undefined) shared.set(owner, [equal]);
          else some.push(equal);
        }
      });
      for (const [file, some] of shared) {
        if (file === numbers.get(path)) own[file] = some;
        else mind(minded[file]!, { path, chunks: list.sizes.length, shared: some });
      }
    },
    chosen: (file) => choose(files[file]!, own[file]!, minded[file]!),
  };
}

/** Which file each chunk of the samples is of. */
function ownersOf(files: readonly SampledFile[]): Int32Array {
  const owners = new Int32Array(files.reduce((sum, { sample }) => sum + sample.sizes.length, 0));
  let at = 0;
  for (const [file, { sample }] of files.entries()) {
    owners.fill(file, at, at + sample.sizes.length);
    at += sample.sizes.length;
  }
  return owners;
}

/** For each chunk of the samples the next one that is equal, or -1. The first of them is the one that the index has. */
function equalChunks(index: ChunkIndex, samples: ChunkList): Int32Array {
  const next = new Int32Array(samples.sizes.length).fill(-1);
  const last = Int32Array.from(next.keys());
  findEach(index, samples, (first, chunk) => {
    if (first === chunk) return;
    next[last[first]!] = chunk;
    last[first] = chunk;
  });
  return next;
}

function mind(minded: Minded[], file: Minded): void {
  const place = minded.findIndex(({ shared }) => shared.length < file.shared.length);
  if (place === -1) minded.push(file);
  else minded.splice(place, 0, file);
  if (minded.length > mostMinded) minded.pop();
}

function choose(
  { size, sample }: SampledFile,
  own: readonly number[],
  minded: readonly Minded[],
): RelPath[] {
  const covered = new Set(own);
  const chosen: RelPath[] = [];
  let rest = minded;
  while (chosen.length < mostChosen) {
    const gains = rest.map(({ shared }) => shared.filter((chunk) => !covered.has(chunk)).length);
    const best = gains.indexOf(Math.max(...gains));
    const file = rest[best];
    const gain = gains[best];
    if (file === undefined || gain === undefined || gain === 0) break;
    rest = rest.filter((one) => one !== file);
    const saved = (gain / sample.sizes.length) * size;
    if (saved < worthwhile * bytesAChunk * file.chunks) continue;
    chosen.push(file.path);
    for (const chunk of file.shared) covered.add(chunk);
  }
  return chosen;
}
