import { randomUUID } from "node:crypto";
import { hostname } from "node:os";

/** A name for this process among all that share a store: host, process id, and a random part. */
export const processOwner = (): string => `${hostname()}/${process.pid}/${randomUUID()}`;

/**
 * Whether the process that an owner's name stands for has certainly ended: it ran on this machine, and its process id is
 * nobody's now. What cannot be known counts as alive.
 */
export function hasEnded(owner: string): boolean {
  const [host, processId] = owner.split("/");
  if (host !== hostname() || Number(processId) === process.pid || !/^\d+$/.test(processId ?? "")) return false;
  try {
    process.kill(Number(processId), 0); // asks, and sends nothing
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
