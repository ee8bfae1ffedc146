import type { Random } from "./random.ts";

const WORDS = `
  access adapter agent alias array async audio auth base batch binding block bridge buffer build cache call channel
  check chunk client clock codec color command common compat config connect context control convert copy core crypto
  data debug decode default delete detail device dialog digest dispatch display dma domain driver edge encode engine
  entry error event export extra factory fence field file filter flags format frame graph group handler hash header
  helper hook image import index init input interface internal irq iterator item job kernel key layer layout legacy
  library limit link list load lock logger loop manager map mask match memory menu message metadata method mode model
  module monitor mount network node notify number object offset option order output packet page panel parser patch path
  pattern phy pin platform plugin point policy pool port power printer process profile protocol proxy query queue range
  reader record region registry release render report request reset resource response result route rule runtime sample
  schedule schema scope script search sector select sensor serial server service session setting shader shape signal
  socket sort source stack state status storage store stream string style switch symbol sync system table target task
  template test text thread time token trace transport tree trigger type unit update user util value vector version view
  virtual volume watch widget window worker wrapper write zone`;

export const VOCABULARY: readonly [string, ...string[]] = split(WORDS);

// One entry for each share, as source trees have them.
const EXTENSIONS = split(`
  .c .c .c .c .c .h .h .h .ts .ts .js .js .js .py .rs .go .json .json .md .rst .yaml .txt .S .dts .map`);

const FIXED_NAMES = split("README.md Makefile LICENSE .gitignore package.json");

/** What a person might call a directory. Not unique. */
export function directoryName(random: Random): string {
  const word = random.pick(VOCABULARY);
  return random.next() < 0.6 ? word : `${word}-${random.pick(VOCABULARY)}`;
}

/** What a person might call a source file: now and then with a space or a letter that is not ASCII. Not unique. */
export function fileName(random: Random): string {
  const kind = random.next();
  if (kind < 0.04) return random.pick(FIXED_NAMES);
  const separator = kind < 0.05 ? " " : kind < 0.5 ? "_" : "-";
  const count = 1 + random.below(3);
  const words = Array.from({ length: count }, () => random.pick(VOCABULARY));
  if (kind > 0.995) words.push("größe");
  return words.join(separator) + random.pick(EXTENSIONS);
}

/** The name, or the name with a number where a neighbour has it already. Remembers what it gives. */
export function claimName(taken: Set<string>, name: string): string {
  let free = name;
  const dot = name.lastIndexOf(".");
  const stem = dot > 0 ? dot : name.length;
  for (let number = 2; taken.has(free); number++) {
    free = `${name.slice(0, stem)}${number}${name.slice(stem)}`;
  }
  taken.add(free);
  return free;
}

function split(text: string): [string, ...string[]] {
  return text.trim().split(/\s+/) as [string, ...string[]];
}
