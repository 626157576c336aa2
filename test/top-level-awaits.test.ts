import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseAst } from "vitest/node";

/** Waits that give up by themselves; vitest sets no timeout for what a file awaits at its top level. */
const UNDER_A_DEADLINE = new Set(["launchBrowser", "startPostgres", "startRedis", "startOrSkip"]);

/** The source text of every await that runs while the file is loaded. */
function topLevelAwaits(code: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { type, start, argument, await: isAwaited } = node as Record<string, unknown>;
    if (typeof type === "string" && /Function/.test(type)) return;
    if (type === "AwaitExpression") found.push(code.slice((argument as { start: number }).start).split("(")[0] ?? "");
    if (type === "ForOfStatement" && isAwaited === true) found.push(code.slice(Number(start)).split("\n")[0] ?? "");
    Object.values(node).forEach(visit);
  };
  visit(parseAst(code, { lang: "ts" }));
  return found;
}

it("finds what a file awaits while it is loaded, and nothing else", () => {
  const code = `const a = b ? await one(1) : [await two()];
    const later = async (): Promise<void> => void (await three());
    if (a) { for await (const x of y) z(); }
    async function f() { await four(); }`;
  expect(topLevelAwaits(code)).toEqual(["one", "two", "for await (const x of y) z(); }"]);
});

it("allows no test or support file to await anything without a deadline while it is loaded", () => {
  const files = readdirSync("test", { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !name.startsWith("fixtures"),
  );
  const faults = files.flatMap((name) =>
    topLevelAwaits(readFileSync(join("test", name), "utf8"))
      .filter((what) => !UNDER_A_DEADLINE.has(what))
      .map((what) => `${name}: await ${what}`),
  );
  expect(faults).toEqual([]);
});
