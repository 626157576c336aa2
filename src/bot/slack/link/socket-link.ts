import { CROWDED, LINK_OFF, linkFault } from "../wire/health.js";
import { backoffMs } from "./backoff.js";
import type { Link, LinkDeps } from "./link.js";
import { openSocket, type SocketConnection, type SocketDeps } from "./socket-connection.js";

/** Slack sends each event through any one of an app's connections: while one is renewed the other takes them. */
const CONNECTIONS = 2;
/** So that Slack, which renews a connection some hours after it was made, never renews both at the same time. */
const STAGGER_MS = 5_000;
/** How long a connection that Slack retires may still deliver and take acknowledgements. */
const DRAIN_MS = 10_000;
/** A connection that lived shorter than this counts as a failed try: Slack limits how often one may ask for another. */
const SHORT_LIFE_MS = 10_000;
/** Slack takes ten connections of an app: where replicas hold them all, or a stand-in wants one alone, the second one waits. */
const CROWDED_MS = 300_000;

/** Keeps two Socket Mode connections, the next of each standing before the last one goes: no event falls between. */
export function createSocketLink({ health, clock, signal, ...deps }: LinkDeps & SocketDeps): Link {
  const open = new Set<SocketConnection>();
  const stopped = aborted(signal);

  const retire = async (connection: SocketConnection) => {
    await Promise.race([connection.closed, clock.sleep(DRAIN_MS, signal).catch(() => {})]); // stopped: close at once
    open.delete(connection);
    connection.close();
  };
  const keep = async (isSpare: boolean) => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const connection = await openSocket({ ...deps, clock });
        const since = clock.now();
        open.add(connection);
        health.set("link", undefined);
        const why = await Promise.race([connection.retired, stopped]);
        void retire(connection);
        if (why === "link_disabled") health.set("link", LINK_OFF);
        if (why === "too_many_websockets" && !isSpare) health.set("link", CROWDED);
        failures = clock.now() - since < SHORT_LIFE_MS ? failures + 1 : 0;
        // Nobody wants a second one there: keeping on would cost the first.
        const isUnwanted = isSpare && (why === "too_many_websockets" || failures > 0);
        if (isUnwanted) await clock.sleep(CROWDED_MS, signal);
        else if (failures > 1) await clock.sleep(backoffMs(undefined, failures), signal);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        // While the other one stands, events come in.
        if (open.size === 0) health.set("link", linkFault(error));
        const waitMs = backoffMs(error, failures);
        // Woken by the stop, which the loop sees next.
        if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => {});
      }
    }
  };
  return {
    async run() {
      const spares = Array.from({ length: CONNECTIONS - 1 }, async (_, index) => {
        await clock.sleep(STAGGER_MS * (index + 1), signal);
        await keep(true);
      });
      // Stopped before their time.
      await Promise.all([keep(false), ...spares.map((spare) => spare.catch(() => {}))]);
    },
    async stop() {
      for (const connection of open) connection.close();
    },
  };
}

const aborted = (signal: AbortSignal) =>
  new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
