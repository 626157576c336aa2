import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { hasEnded, processOwner } from "../../src/store/process-owner.js";

describe("hasEnded()", () => {
  it("is true for a process of this machine that is no more", () => {
    const { pid } = spawnSync(process.execPath, ["-e", "0"]);
    expect(hasEnded(`${hostname()}/${pid}/x`)).toBe(true);
  });

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
