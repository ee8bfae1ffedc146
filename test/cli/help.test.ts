import { expect, test } from "vitest";

import { runCli } from "../support/run-cli.ts";

const header = `# The command line

What \`--help\` prints, word for word; \`test/cli/help.test.ts\` compares it and, run with \`-u\`, writes it. Exit codes and
JSON are described in [scripting.md](scripting.md).
`;

test("docs/cli.md is what --help prints", async () => {
  const sections = await Promise.all(
    [
      [],
      ["mirror"],
      ["plan"],
      ["plan", "mirror"],
      ["show"],
      ["apply"],
      ["verify"],
      ["versions"],
      ["restore"],
      ["history"],
      ["log"],
    ].map(async (command) => {
      const { code, out, err } = await runCli([...command, "--help"]);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      return `## ${["syncline", ...command].join(" ")}\n\n\`\`\`\n${out.trimEnd()}\n\`\`\`\n`;
    }),
  );
  await expect([header, ...sections].join("\n")).toMatchFileSnapshot("../../docs/cli.md");
});

test("help is never wider than 80 columns where it is not for a terminal", async () => {
  const { out } = await runCli(["mirror", "--help"], { variables: { COLUMNS: "200" } });
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});
