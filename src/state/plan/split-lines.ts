import { BadLine } from "./fields.ts";
import { planLimits } from "./plan-document.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The lines of a file that comes in pieces. Holds no more than a piece and a line, however long either is made to be.
 * Throws {@link BadLine} where a line is too long, is not UTF-8, or has no end.
 */
export function* splitLines(pieces: Iterable<Uint8Array>): Generator<string> {
  let rest: Uint8Array = new Uint8Array(0);
  for (const piece of pieces) {
    const end = piece.lastIndexOf(0x0a);
    if (rest.length + (end < 0 ? piece.length : piece.indexOf(0x0a)) > planLimits.line) {
      throw new BadLine("the line is too long");
    }
    if (end < 0) {
      rest = Buffer.concat([rest, piece]);
      continue;
    }
    yield* linesOf(Buffer.concat([rest, piece.subarray(0, end)]));
    rest = Uint8Array.from(piece.subarray(end + 1));
  }
  if (rest.length > 0) throw new BadLine("the file ends in the middle of a line");
}

/** Many lines at a time are decoded in one go; where that fails, one by one, to say which. */
function linesOf(bytes: Uint8Array): Iterable<string> {
  try {
    return decoder.decode(bytes).split("\n");
  } catch {
    return oneByOne(bytes);
  }
}

function* oneByOne(bytes: Uint8Array): Generator<string> {
  for (let from = 0; from <= bytes.length;) {
    const end = bytes.indexOf(0x0a, from);
    const until = end < 0 ? bytes.length : end;
    let line;
    try {
      line = decoder.decode(bytes.subarray(from, until));
    } catch {
      throw new BadLine("the line is not UTF-8");
    }
    yield line;
    from = until + 1;
  }
}
