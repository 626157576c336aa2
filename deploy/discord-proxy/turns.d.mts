export function createTurns(clock: {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}): (signal?: AbortSignal) => Promise<void>;
