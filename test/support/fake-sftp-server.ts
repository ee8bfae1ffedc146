/** An SFTP server in memory that says whatever a test wants it to say. */
import { packets, statuses } from "../../src/endpoint/sftp/protocol.ts";
import { PacketSplitter } from "../../src/endpoint/sftp/packet-splitter.ts";
import type { Transport } from "../../src/wire/transport.ts";

/** What a request is answered with: packets without their lengths, or nothing. `subject` is its first string. */
export type Answer = (id: number, subject: string, rest: Buffer) => readonly Buffer[];

/** Answers by the type of the request; what is missing is answered as by a server with one directory, `/home/d`. */
export type Answers = Readonly<Record<number, Answer>>;

export const directoryMode = 0o040_755;
export const fileMode = 0o100_644;

export function u32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}

export function text(value: string): Buffer {
  return Buffer.concat([u32(value.length), Buffer.from(value, "latin1")]);
}

/** Attributes of something of that size, made in 2020. */
export function attributes(mode: number, size: number = 0): Buffer {
  const high = u32(Math.floor(size / 2 ** 32));
  const owners = [u32(0), u32(0)];
  const times = [u32(1_600_000_000), u32(1_600_000_000)];
  return Buffer.concat([u32(15), high, u32(size % 2 ** 32), ...owners, u32(mode), ...times]);
}

export function packet(type: number, id: number, ...rest: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(type), u32(id), ...rest]);
}

export function status(id: number, code: number): Buffer {
  return packet(packets.status, id, u32(code), text("words"), text("en"));
}

export interface Named {
  readonly name: string;
  readonly mode?: number;
  readonly size?: number;
}

/** An answer that lists names. */
export function names(id: number, listed: readonly Named[]): Buffer {
  const each = listed.flatMap(({ name, mode = fileMode, size = 0 }) => [
    text(name),
    text("-rw-r--r--"),
    attributes(mode, size),
  ]);
  return packet(packets.name, id, u32(listed.length), ...each);
}

/** Lists names once for each time that a directory is opened, page by page. */
export function listing(...pages: readonly (readonly Named[])[]): Answers {
  let next = 0;
  return {
    [packets.opendir]: (id) => {
      next = 0;
      return [packet(packets.handle, id, text("h"))];
    },
    [packets.readdir]: (id) => {
      const page = pages[next++];
      return [page === undefined ? status(id, statuses.endOfFile) : names(id, page)];
    },
  };
}

const usual: Answers = {
  [packets.init]: () => [Buffer.concat([Buffer.of(packets.version), u32(3)])],
  [packets.realpath]: (id, subject) => [
    names(id, [{ name: subject === "." ? "/home" : subject, mode: directoryMode }]),
  ],
  [packets.stat]: (id) => [packet(packets.attributes, id, attributes(directoryMode))],
  [packets.lstat]: (id) => [packet(packets.attributes, id, attributes(directoryMode))],
  [packets.setstat]: (id) => [status(id, statuses.permissionDenied)],
  [packets.close]: (id) => [status(id, statuses.ok)],
  ...listing([]),
};

/** Answers requests until the line ends. */
export async function serveFake(line: Transport, answers: Answers): Promise<void> {
  const all = { ...usual, ...answers };
  const splitter = new PacketSplitter((request) => {
    const type = request[0]!;
    const id = request.readUInt32BE(1);
    const isInit = type === packets.init;
    const end = isInit ? 5 : 9 + request.readUInt32BE(5);
    const subject = request.toString("latin1", 9, end);
    const answer = all[type];
    const said =
      answer === undefined
        ? [status(id, statuses.unsupported)]
        : answer(id, subject, request.subarray(end));
    for (const one of said) void line.write(Buffer.concat([u32(one.length), one]));
  });
  for await (const chunk of line.incoming) splitter.push(chunk);
}
