import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { hasEnded, processOwner } from "../../src/store/process-owner.js";

/** The name that a process of this machine with another id would have. */
const withId = (pid: unknown) => processOwner().replace(/[^/]+\/[^/]+$/, `${pid}/1`);

describe("processOwner()", () => {
  it("is random, and names neither host nor a number that containers share", () => {
    expect(processOwner()).not.toBe(processOwner());
    expect(processOwner()).not.toContain(hostname());
  });
});

describe.skipIf(process.platform !== "linux")("hasEnded() where the kernel tells processes apart", () => {
  it("is true for a process of this machine that is no more", () => {
    const { pid } = spawnSync(process.execPath, ["-e", "0"]);
    expect(hasEnded(withId(pid))).toBe(true);
  });

  it("is true for one whose number another process has now", () => {
    expect(hasEnded(withId(process.pid))).toBe(true);
    expect(hasEnded(withId(process.ppid))).toBe(true);
  });

  it("is true for what is left of one while nobody has asked how it ended", async () => {
    // The shell becomes a program that knows nothing of the child.
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [pid] = await once(parent.stdout, "data");
      await expect.poll(() => hasEnded(withId(String(pid).trim()))).toBe(true);
      expect(() => process.kill(Number(pid), 0)).not.toThrow();
    } finally {
      parent.kill();
    }
  });

  it("is false for a running process", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6); console.log('up')"]);
    await once(child.stdout, "data");
    const owner = processOwner(child.pid);
    expect(hasEnded(owner)).toBe(false);
    child.kill("SIGKILL");
    await expect.poll(() => hasEnded(owner)).toBe(true);
  });
});

describe("hasEnded() of what the kernel says nothing about", () => {
  const elsewhere = (name: string) => name.replace(/\/[^/]+(\/[^/]+\/[^/]+)$/, "/another-boot:pid:[1]$1");

  it.each([
    ["this process", processOwner()],
    ["a container with this one's process id", elsewhere(withId(process.pid))],
    ["a container whose process id is free here", elsewhere(withId(999_999))],
    ["a process of an older version with this host and number", `${hostname()}/${process.pid}/x`],
    ["a process of an older version whose number is free here", `${hostname()}/999999/x`],
    ["a name of another form", "0b7e-uuid"],
    ["an empty name", ""],
  ])("is false for %s", (_who, owner) => {
    expect(hasEnded(owner)).toBe(false);
  });
});
