import { backoffMs } from "./backoff.js";
import { linkFault } from "./health.js";
import type { Link, LinkDeps } from "./link.js";
import { openSocket, type SocketConnection, type SocketDeps } from "./socket-connection.js";

/** How long a connection that Slack retires may still deliver and take acknowledgements. */
const DRAIN_MS = 10_000;
/** A connection that lived shorter than this counts as a failed try: Slack limits how often one may ask for another. */
const SHORT_LIFE_MS = 10_000;

/** Keeps one Socket Mode connection: the next one stands before the last one goes, so that no event falls between. */
export function createSocketLink({ health, clock, signal, ...deps }: LinkDeps & SocketDeps): Link {
  const open = new Set<SocketConnection>();

  const retire = async (connection: SocketConnection) => {
    await Promise.race([connection.closed, clock.sleep(DRAIN_MS, signal).catch(() => {})]); // stopped: close at once
    open.delete(connection);
    connection.close();
  };
  const run = async () => {
    const stopped = aborted(signal);
    for (let failures = 0; !signal.aborted; ) {
      try {
        const connection = await openSocket({ ...deps, clock });
        const since = clock.now();
        open.add(connection);
        health.set("link", undefined);
        await Promise.race([connection.retired, stopped]);
        void retire(connection);
        failures = clock.now() - since < SHORT_LIFE_MS ? failures + 1 : 0;
        if (failures > 1) await clock.sleep(backoffMs(undefined, failures), signal);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        health.set("link", linkFault(error));
        // Woken by the stop, which the loop sees next.
        await clock.sleep(backoffMs(error, failures), signal).catch(() => {});
      }
    }
  };
  return {
    run,
    async stop() {
      for (const connection of open) connection.close();
    },
  };
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
