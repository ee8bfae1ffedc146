import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** Ends a test run with one plain line, `N passed, N failed`, for whoever reads it with a program. */
export default class ClosingLine implements Reporter {
  #line = "";

  /** What failed without being a test (a file that does not load, an error nobody caught) counts as one failure each. */
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === "passed").length;
    const failed = tests.filter((test) => test.result().state === "failed").length;
    const broken = modules.flatMap((module) => [
      ...module.errors(),
      ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
    ]).length;
    this.#line = `${passed} passed, ${failed + broken + unhandled.length} failed`;
    process.once("exit", () => process.stdout.write(`${this.#line}\n`));
  }
}
