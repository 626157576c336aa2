import { existsSync } from "node:fs";
import packaged from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

/** A system without user namespaces cannot sandbox, and a test visits nothing but itself. */
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
const INSTALLED = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A real Chromium: the one from the npm package, else an installed one; undefined where none starts. */
export async function launchBrowser(): Promise<Browser | undefined> {
  const fromPackage = await packaged.executablePath().catch(() => undefined);
  const candidates = [fromPackage, ...INSTALLED].filter((path) => path !== undefined && existsSync(path));
  for (const executablePath of candidates) {
    try {
      return await chromium.launch({ executablePath: executablePath ?? "", args: ARGUMENTS, timeout: 15_000 });
    } catch {
      // its libraries are missing here: the next one may do, and the caller says so if none does
    }
  }
  return undefined;
}
