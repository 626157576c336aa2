import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

/** What axe finds on the page as it is now and calls serious or critical: one line each. */
export const seriousFindings = (page: Page): Promise<readonly string[]> => findings(page, ["serious", "critical"]);

/** Everything that axe finds on the page as it is now: one line each. */
export const allFindings = (page: Page): Promise<readonly string[]> =>
  findings(page, ["minor", "moderate", "serious", "critical"]);

async function findings(page: Page, impacts: readonly string[]): Promise<readonly string[]> {
  // By the debugger: the page's own policy lets no script in.
  if (await page.evaluate<boolean>("typeof axe === 'undefined'")) await page.evaluate(AXE);
  const { violations } = await page.evaluate<{ violations: readonly Violation[] }>("axe.run(document)");
  return violations
    .filter(({ impact }) => impacts.includes(impact))
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`),
    );
}
