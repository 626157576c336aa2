import { CROWDED, CROWDED_SPARE, LINK_OFF, linkFault } from "../wire/health.js";
import { connectPauseMs, type Link, type LinkDeps } from "./link.js";
import { openSocket, type SocketConnection, type SocketDeps } from "./socket-connection.js";

/** Slack sends each event through any one of an app's connections: while one is renewed, the other takes them. */
const CONNECTIONS = 2;
/** Slack renews a connection some hours after it was made: apart by this, both are never renewed at the same time. */
const STAGGER_MS = 5_000;
/** How long a connection that Slack retires may still deliver and take acknowledgements. */
const DRAIN_MS = 10_000;
/** A connection that lived shorter than this counts as a failed attempt: Slack limits how often an app may connect. */
const SHORT_LIFE_MS = 10_000;
/** Slack takes ten connections of an app; when replicas hold them all, the second connection waits this long. */
const CROWDED_MS = 300_000;

/** Keeps two Socket Mode connections open; each is replaced before it closes, so that no event is missed. */
export function createSocketLink({ health, clock, signal, onGap, ...deps }: LinkDeps & SocketDeps): Link {
  const open = new Set<SocketConnection>();
  const stopped = aborted(signal);

  const retire = async (connection: SocketConnection) => {
    await Promise.race([connection.closed, clock.sleep(DRAIN_MS, signal).catch(() => {})]); // stopped: close at once
    open.delete(connection);
    connection.close();
  };
  const keep = async (isSpare: boolean) => {
    // What Slack had sent through a lost connection, it may not send again.
    let mayHaveMissed = !isSpare;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const connection = await openSocket({ ...deps, clock });
        const since = clock.now();
        if (mayHaveMissed || open.size === 0) onGap();
        open.add(connection);
        health.set("link", undefined);
        if (isSpare) health.warn("link", undefined);
        const why = await Promise.race([connection.retired, stopped]);
        mayHaveMissed = why === undefined;
        void retire(connection);
        if (why === "link_disabled") health.set("link", LINK_OFF);
        if (why === "too_many_websockets") {
          if (isSpare) health.warn("link", CROWDED_SPARE);
          else health.set("link", CROWDED);
        }
        failures = clock.now() - since < SHORT_LIFE_MS ? failures + 1 : 0;
        // A second connection is unwanted there: insisting would cost the first.
        const isUnwanted = isSpare && (why === "too_many_websockets" || failures > 0);
        if (isUnwanted) await clock.sleep(CROWDED_MS, signal);
        else if (failures > 1) await clock.sleep(connectPauseMs(undefined, failures), signal);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        // Events still come in through the other one.
        if (open.size === 0) health.set("link", linkFault(error));
        const waitMs = connectPauseMs(error, failures);
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
      // A spare that waits for its turn rejects at the stop.
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
