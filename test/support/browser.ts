import { existsSync } from "node:fs";
import packaged from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";
import { systemClock } from "../../src/base/clock.js";
import { withDeadline } from "../../src/base/deadline.js";

/** A system without user namespaces cannot sandbox, and a test visits nothing but itself. */
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
const ATTEMPTS = 3;
const PAUSE_MS = 1_000;
/** For all attempts together; test files wait for this at their top level, where vitest sets no timeout. */
const START_TIMEOUT_MS = 60_000;
const INSTALLED = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A real Chromium: the one from the npm package, else an installed one; undefined where none starts in time. */
export async function launchBrowser(): Promise<Browser | undefined> {
  const terms = { what: "Chromium", timeoutMs: START_TIMEOUT_MS, clock: systemClock };
  return withDeadline(tryToLaunch, terms).catch(() => undefined);
}

async function tryToLaunch(signal: AbortSignal): Promise<Browser | undefined> {
  const fromPackage = await packaged.executablePath().catch(() => undefined);
  const candidates = [
    ...(fromPackage === undefined ? [] : [fromPackage]),
    ...INSTALLED.filter((path) => existsSync(path)),
  ];
  for (const executablePath of candidates) {
    for (let attempt = 1; attempt <= ATTEMPTS && !signal.aborted; attempt++) {
      try {
        const browser = await chromium.launch({ executablePath, args: ARGUMENTS, timeout: 15_000 });
        if (signal.aborted) await browser.close();
        return browser;
      } catch {
        // Its libraries are missing here, or another test file is just unpacking it: the caller says so if none starts.
        await systemClock.sleep(PAUSE_MS);
      }
    }
  }
  return undefined;
}
