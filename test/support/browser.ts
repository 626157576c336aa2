import { existsSync } from "node:fs";
import packaged from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";
import { systemClock } from "../../src/base/clock.js";

/** A system without user namespaces cannot sandbox, and a test visits nothing but itself. */
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
const ATTEMPTS = 3;
const PAUSE_MS = 1_000;
const INSTALLED = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A real Chromium: the one from the npm package, else an installed one; undefined where none starts. */
export async function launchBrowser(): Promise<Browser | undefined> {
  const fromPackage = await packaged.executablePath().catch(() => undefined);
  const candidates = [
    ...(fromPackage === undefined ? [] : [fromPackage]),
    ...INSTALLED.filter((path) => existsSync(path)),
  ];
  for (const executablePath of candidates) {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        return await chromium.launch({ executablePath, args: ARGUMENTS, timeout: 15_000 });
      } catch {
        // Its libraries are missing here, or another test file is just unpacking it: the caller says so if none starts.
        await systemClock.sleep(PAUSE_MS);
      }
    }
  }
  return undefined;
}
