import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import type { Claim, ClaimResult } from "./store.js";

/**
 * A name for this process among all that share a store. It is random; on Linux its end says where the process can be
 * looked up. Host name and process id alone say nothing: two containers may have both in common.
 */
export const processOwner = (processId: number | string = "self"): string =>
  [randomUUID(), ...(kernelIdentity(processId) ?? [])].join("/");

/** Boot and process namespace, process id, start time: nothing else on Earth has all of them in common. */
type KernelIdentity = readonly [space: string, processId: string, startedAt: string];

/** Undefined where the kernel doesn't tell, or shows the processes of another namespace than ours. */
function kernelIdentity(processId: number | string): KernelIdentity | undefined {
  try {
    if (readlinkSync("/proc/self") !== String(process.pid)) return undefined;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const { state, startedAt } = readStat(processId);
    if (isEnd(state)) return undefined;
    const id = processId === "self" ? process.pid : processId;
    return [`${boot}:${readlinkSync("/proc/self/ns/pid")}`, String(id), startedAt];
  } catch {
    return undefined; // another system: signs of life have to do
  }
}

/** Fields 3 and 22 of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. @throws where there is no process */
function readStat(processId: number | string) {
  // The name before the state may hold any character, brackets too.
  const fields = readFileSync(`/proc/${processId}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return { state: fields[0] ?? "", startedAt: fields[19] ?? "" };
}

/** What is left of a process until its parent looks; a container's first process may leave it there for long. */
const isEnd = (state: string) => state === "Z" || state === "X";

/**
 * Whether the process that an owner's name stands for has certainly ended, as the kernel that it ran on says. What
 * cannot be known counts as alive.
 */
export function hasEnded(owner: string): boolean {
  const [, space, processId = "", startedAt] = owner.split("/");
  if (space === undefined || kernelIdentity("self")?.[0] !== space || !/^\d+$/.test(processId)) return false;
  try {
    const now = readStat(processId);
    return isEnd(now.state) || now.startedAt !== startedAt;
  } catch {
    return isFree(Number(processId));
  }
}

/** Processes of other users can be hidden from `/proc`, but not from a signal. */
function isFree(processId: number): boolean {
  try {
    process.kill(processId, 0); // asks, and sends nothing
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** The result of one attempt at a claim; `claim` is the one in force now, whoever holds it. */
export interface ClaimAttempt {
  readonly held: boolean;
  readonly until: number;
  readonly claim: Claim;
}

/**
 * A killed process never frees its claim; whoever starts next on its machine need not wait for the lease to run out.
 * `end`: ends the lease of a claim, unless it is settled.
 */
export async function claimFromEnded(
  take: () => Promise<ClaimAttempt>,
  end: (claim: Claim) => Promise<void>,
): Promise<ClaimResult> {
  let taken = await take();
  if (!taken.held && hasEnded(taken.claim.owner)) {
    await end(taken.claim);
    taken = await take();
  }
  return taken.held ? { held: true, claim: taken.claim } : { held: false, until: taken.until };
}
