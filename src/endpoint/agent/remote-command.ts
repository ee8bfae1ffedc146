import { oldestNode } from "../../wire/bootstrap.ts";

/** Where Node may be when a login that is no terminal's does not find it. */
const usualPlaces: readonly string[] = [
  "/usr/local/bin/node",
  "/opt/homebrew/bin/node",
  '"$HOME"/.local/bin/node',
  '"$HOME"/.volta/bin/node',
  '"$HOME"/.nvm/versions/node/*/bin/node',
];

const findUsual = `command -v node >/dev/null 2>&1 || for p in ${usualPlaces.join(" ")}; do [ -x "$p" ] && n=$p; done`;

const script: string = [
  "IFS= read -r n",
  "IFS= read -r c",
  'case $n in "~/"*) n=$HOME/${n#??};; esac',
  `[ "$n" = node ] && { ${findUsual}; }`,
  'command -v "$n" >/dev/null 2>&1 || { echo; echo "syncline-bootstrap no-node"; exit 0; }',
  'exec "$n" -e "$c"',
].join("; ");

/**
 * The command line for a login shell, always the same: what has been typed comes over standard input, in two lines, the program to
 * start and the loader. Whatever the shell is, it sees words and one text in single quotes, which has nothing in it that any
 * of them takes for something special there: no quote, backslash, exclamation mark or newline.
 */
export const remoteCommand: string = `exec sh -c '${script}'`;

/**
 * Reads the bootstrap, a deflated block, and becomes it; its text stays at hand as `bootstrapText`, so that it can be taken along to
 * further hosts. On one line, and in words that the oldest Node there is understands, for it is
 * here that it is told that it is too old.
 */
export const loader: string = [
  'var fs=require("fs")',
  "function take(n){var b=Buffer.alloc(n),i=0,c;while(i<n){try{c=fs.readSync(0,b,i,n-i,null)}catch(e){" +
    'if(e.code!=="EAGAIN")throw e;continue}if(c===0)process.exit(1);i+=c}return b}',
  `if(parseInt(process.versions.node)<${oldestNode})` +
    'console.log("\\nsyncline-bootstrap old-node "+JSON.stringify({version:process.version}))',
  'else{var bootstrapText=String(require("zlib").inflateRawSync(take(parseInt(String(take(8)),16))));' +
    "eval(bootstrapText)}",
].join(";");
