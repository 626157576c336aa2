import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A name for this process among all that share a store: host, process id, and a random part. */
export const processOwner = (): string => `${hostname()}/${process.pid}/${randomUUID()}`;

/**
 * Whether the process that an owner's name stands for has certainly ended: it ran on this machine, and its process id is
 * nobody's now, or only that of the remains that its parent has not looked at. What cannot be known counts as alive.
 */
export function hasEnded(owner: string): boolean {
  const [host, processId] = owner.split("/");
  if (host !== hostname() || Number(processId) === process.pid || !/^\d+$/.test(processId ?? "")) return false;
  try {
    process.kill(Number(processId), 0); // asks, and sends nothing
    return isZombie(Number(processId));
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** As Linux tells it; a parent that does not care, as a container's first process, may leave them for long. */
function isZombie(processId: number): boolean {
  try {
    // The name before the state may hold any character, brackets too.
    return /^\) [ZX] /.test(readFileSync(`/proc/${processId}/stat`, "utf8").replace(/^.*(?=\))/s, ""));
  } catch {
    return false; // another system, or it has just gone: whoever asks next learns it
  }
}
