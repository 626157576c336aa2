import { afterAll, expect, vi } from "vitest";

/** Test files share their worker: what one of them leaves behind, the next one would meet. */
const before = { globals: globals(), running: running(), env: process.env };

/** What Node says of listeners that pile up. */
const warnings: Error[] = [];
const note = (warning: Error) => void (warning.name === "MaxListenersExceededWarning" && warnings.push(warning));
process.on("warning", note);

afterAll(async () => {
  process.off("warning", note);
  expect(warnings).toEqual([]);
  expect(globals()).toEqual(before.globals);
  // Whoever has kept the old object changes that one from then on, as vitest does.
  expect(process.env === before.env).toBe(true);
  await vi.waitFor(() => expect(running().filter(isNew)).toEqual([]), { timeout: 20_000 });
});

/** What was still ending at the beginning may be gone by now. */
const isNew = ([name, count]: readonly [string, number]) => count > (new Map(before.running).get(name) ?? 0);

function globals() {
  const environment = { ...process.env };
  const listeners = (["uncaughtException", "unhandledRejection", "SIGINT", "SIGTERM"] as const).map((event) => [
    event,
    process.listenerCount(event),
  ]);
  return { fetch, setTimeout, date: Date, environment, listeners, folder: process.cwd() };
}

/** How many servers and child processes there are, and functions that go on calling themselves. */
function running(): (readonly [name: string, count: number])[] {
  const resources = process.getActiveResourcesInfo();
  const count = (name: string) => resources.filter((resource) => resource === name).length;
  return ["TCPServerWrap", "ProcessWrap", "Immediate"].map((name) => [name, count(name)]);
}
