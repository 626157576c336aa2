import { afterAll, expect, vi } from "vitest";

/** Test files share their worker: what one of them leaves behind, the next one would meet. */
const before = { globals: globals(), running: running() };

afterAll(async () => {
  expect(globals()).toEqual(before.globals);
  await vi.waitFor(() => expect(running()).toEqual(before.running), { timeout: 20_000 });
});

function globals() {
  const environment = { ...process.env };
  const listeners = (["uncaughtException", "unhandledRejection", "SIGINT", "SIGTERM"] as const).map((event) => [
    event,
    process.listenerCount(event),
  ]);
  return { fetch, setTimeout, date: Date, environment, listeners, folder: process.cwd() };
}

/** How many servers and child processes there are, and functions that go on calling themselves. */
function running() {
  const resources = process.getActiveResourcesInfo();
  const count = (name: string) => resources.filter((resource) => resource === name).length;
  return { servers: count("TCPServerWrap"), processes: count("ProcessWrap"), loops: count("Immediate") };
}
