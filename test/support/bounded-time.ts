import { settle } from "./fake-clock.js";

/** Returns the CPU time in ms that this process spends on `work`: a busy machine hardly lengthens it. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Whether `work` settles before a timer of `ms` that starts with it: on a busy machine both are late. */
export async function settlesWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(async () => {
      await settle(); // for what was due before the timer, and has some steps to go
      resolve(false);
    }, ms);
  });
  const isInTime = work.then(
    () => true,
    () => true,
  );
  return Promise.race([isInTime, isLate]).finally(() => clearTimeout(timer));
}
