import { ActivityType, type Client, Events, GatewayDispatchEvents } from "discord.js";
import type { Clock } from "../../../base/clock.js";
import { messageOf } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import { LOSSES } from "../send/watched-streams.js";
import { readyEvent } from "../wire/events.js";
import { faultOf, type GatewayState, refusalOfClose, refusalOfLogin } from "../wire/health.js";
import type { ServerFacts } from "../wire/permissions.js";
import type { ChannelFacts } from "../wire/places.js";
import { createClient } from "./client.js";
import { guardedStrategy, guardPackets } from "./frame-guard.js";
import { createIdentifyThrottle } from "./identify-throttle.js";
import type { SessionStarts } from "./session-starts.js";

/** The events that are read here, beside those that the SDK makes its picture of servers and channels from. */
const DISPATCHES = ["MESSAGE_CREATE", "MESSAGE_REACTION_ADD", "INTERACTION_CREATE", ...LOSSES] as const;
export type DispatchName = (typeof DISPATCHES)[number];

export interface GatewayDeps {
  readonly token: string;
  readonly apiUrl: string | undefined;
  readonly followThreads: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly starts: SessionStarts;
  /** Never throws. */
  onDispatch(name: DispatchName, data: unknown): void;
  /** A session has begun: the first, or one after another was lost for good. */
  onReady(self: Self): void;
}

export interface Self {
  readonly userId: string;
  readonly applicationId: string;
}

/** The connection through which events come, and what it has told of servers and channels. */
export interface Gateway {
  start(): void;
  stop(): Promise<void>;
  fault(): string | undefined;
  self(): Self | undefined;
  serverIds(): readonly string[];
  server(id: string): ServerFacts | undefined;
  channel(id: string): ChannelFacts | undefined;
  setPresence(line: string): void;
}

const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;

export function createGateway(deps: GatewayDeps): Gateway {
  const { token, apiUrl, followThreads, clock, log } = deps;
  const stopping = new AbortController();
  const buildIdentifyThrottler = createIdentifyThrottle({ clock, log, starts: deps.starts });
  let state: GatewayState = { kind: "connecting" };
  let client: Client | undefined;
  let self: Self | undefined;

  const onFault = (error: unknown) =>
    log.warn({ error: messageOf(error) }, "Discord's gateway sent something unusable");
  const refuse = (why: string) => {
    if (state.kind === "refused" || state.kind === "stopped") return;
    state = { kind: "refused", why };
    log.error(why);
  };
  const begin = (ready: Client<true>) => {
    self = { userId: ready.user.id, applicationId: ready.application.id };
    state = { kind: "ready" };
    deps.onReady(self);
  };

  const isOver = (made: Client) => stopping.signal.aborted || made !== client || state.kind === "refused";
  const build = (): Client => {
    const made: Client = createClient({
      apiUrl,
      followThreads,
      ws: { buildStrategy: guardedStrategy({ onFault, isOver: () => isOver(made) }), buildIdentifyThrottler },
    });
    guardPackets(made, onFault);
    for (const name of DISPATCHES)
      made.ws.on(name as GatewayDispatchEvents, (data: unknown) => deps.onDispatch(name, data));
    // Messages may follow at once, long before the SDK has gathered the servers and calls itself ready.
    made.ws.on(GatewayDispatchEvents.Ready, (data: unknown) => {
      const told = readyEvent.safeParse(data).data;
      if (told !== undefined) self = { userId: told.user.id, applicationId: told.application.id };
    });
    made.ws.on("error" as GatewayDispatchEvents, onFault); // without a listener, an event of this name would throw
    made.on(Events.Error, (error) => log.warn({ error }, "the Discord client failed at something"));
    made.on(Events.ShardError, (error) => log.warn({ error: error.message }, "Discord's gateway failed"));
    made.on(Events.Warn, (warning) => log.warn({ warning }, "the Discord client warns"));
    made.on(Events.ClientReady, begin);
    made.on(Events.ShardReady, () => {
      if (made.isReady()) begin(made);
    });
    made.on(Events.ShardResume, () => {
      if (state.kind === "lost") state = { kind: "ready" };
    });
    made.on(Events.ShardReconnecting, () => {
      if (state.kind === "ready") state = { kind: "lost", since: clock.now() };
    });
    made.on(Events.ShardDisconnect, ({ code }) => {
      refuse(refusalOfClose(code) ?? `Discord ended the connection for good (${code})`);
    });
    return made;
  };

  /** Until it is connected, refused or stopped; from then on the SDK reconnects by itself. */
  const connect = async () => {
    for (let pauseMs = FIRST_RETRY_MS; !stopping.signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_RETRY_MS)) {
      client = build();
      try {
        await client.login(token);
        return;
      } catch (error) {
        const why = refusalOfLogin(error);
        if (why !== undefined) refuse(why);
        if (state.kind === "refused" || stopping.signal.aborted) return;
        client = undefined;
        log.warn({ error: messageOf(error), pauseMs }, "Discord could not be reached; trying again");
      }
      await clock.sleep(pauseMs, stopping.signal);
    }
  };
  return {
    start: () => void connect().catch(() => {}), // only stop() ends the pause early
    async stop() {
      state = { kind: "stopped" };
      stopping.abort();
      await client?.destroy();
    },
    fault: () => faultOf(state, clock.now()),
    self: () => self,
    serverIds: () => [...(client?.guilds.cache.keys() ?? [])],
    server(id) {
      const guild = client?.guilds.cache.get(id);
      if (guild === undefined) return undefined;
      return { ownerId: guild.ownerId, permissionsOf: (role) => guild.roles.cache.get(role)?.permissions.bitfield };
    },
    channel(id) {
      const channel = client?.channels.cache.get(id);
      if (channel === undefined) return undefined;
      return { type: channel.type, parent_id: channel.isThread() ? channel.parentId : null };
    },
    setPresence(line) {
      client?.user?.setPresence({ activities: [{ name: "status", type: ActivityType.Custom, state: line }] });
    },
  };
}
