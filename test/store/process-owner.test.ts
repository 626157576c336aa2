import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { hasEnded, processOwner } from "../../src/store/process-owner.js";

describe("hasEnded()", () => {
  it("is true for a process of this machine that is no more", () => {
    const { pid } = spawnSync(process.execPath, ["-e", "0"]);
    expect(hasEnded(`${hostname()}/${pid}/x`)).toBe(true);
  });

  it.skipIf(process.platform !== "linux")(
    "is true for what is left of one while nobody has asked how it ended",
    async () => {
      // The shell becomes a program that knows nothing of the child.
      const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
      try {
        const [pid] = await once(parent.stdout, "data");
        await expect.poll(() => hasEnded(`${hostname()}/${String(pid).trim()}/x`)).toBe(true);
        expect(() => process.kill(Number(pid), 0)).not.toThrow();
      } finally {
        parent.kill();
      }
    },
  );

  it.each([
    ["this process", processOwner()],
    ["a running process", `${hostname()}/${process.ppid}/x`],
    ["another machine's process", "elsewhere/999999/x"],
    ["a name of another form", "0b7e-uuid"],
    ["an empty name", ""],
  ])("is false for %s", (_who, owner) => {
    expect(hasEnded(owner)).toBe(false);
  });
});
