import { hostname } from "node:os";
import { GatewayDispatchEvents } from "discord-api-types/v10";
import { withDeadline } from "../../base/deadline.js";
import { createMemo } from "../../base/lookup-cache.js";
import { createControlIds } from "../port/control-ids.js";
import { DIRECT_WORKSPACE } from "../port/conversation.js";
import { type ChatPlatform, currentReply, type PlatformHandlers } from "../port/platform.js";
import type { PlatformDeps, PlatformParts } from "../port/platform-definition.js";
import { createGateway, type Gateway, type Self } from "./gateway/gateway.js";
import { createPlaces, type Places, recentPlaces } from "./gateway/places.js";
import { createFindReplies } from "./receive/find-replies.js";
import { createInteractionReceiver } from "./receive/interactions.js";
import { createMemberLookup } from "./receive/member-lookup.js";
import { createMessageReceiver } from "./receive/messages.js";
import { createDiscordMissed, createDiscordReread } from "./receive/missed.js";
import { createReactionReceiver } from "./receive/reactions.js";
import { createTypedCommands } from "./receive/typed-command.js";
import { createCalls } from "./send/calls.js";
import { createDiscordMarks } from "./send/marks.js";
import { createThreads } from "./send/open-thread.js";
import { MAX_MESSAGE_CHARS } from "./send/render.js";
import { createRest } from "./send/rest.js";
import { createSender } from "./send/send.js";
import { createTyping } from "./send/typing.js";
import { createWatchedStreams, LOSSES } from "./send/watched-streams.js";
import { applicationCommands, discordTranslations, registerWithRetry } from "./setup/commands.js";
import { createPresence } from "./setup/presence.js";
import type { DiscordSettings } from "./variables.js";
import { TOKEN_HINT } from "./wire/health.js";
import { inviteLink } from "./wire/permissions.js";
import { DISCORD } from "./wire/places.js";

/** Discord's edits are five in 5 s and channel; quicker ones would only be dropped. */
const MIN_EDIT_GAP_MS = 1_000;
const LAST_MARKS_MS = 2_000;
/** Nothing older is looked for. */
const HOUR_MS = 3_600_000;
/** How long what came in last may take to be stored, before the bot takes no more questions. */
const STORED_MS = 3_000;

/** What a new session is taken in as, among Discord's own events. */
const SESSION = "new session";

type Receiver = (data: unknown, eventId: string) => Promise<void>;

/** What Discord gets from the bot, and its settings of the environment. */
type DiscordDeps = PlatformDeps & { readonly discord: DiscordSettings };

/** Discord as the bot sees it. */
export function createDiscord(deps: DiscordDeps): PlatformParts {
  const { clock, log } = deps;
  const stopping = new AbortController();
  const sides = createSides(deps);
  const { rest, calls, places, sender, marks, typing, files } = sides;
  const intake = createIntake();
  const register = registering(deps, sides, stopping.signal);
  const gateway = createGateway({
    ...deps,
    ...sides.connection,
    host: hostname(),
    onDispatch(name, data, eventId) {
      places.onEvent(name, data);
      intake.take(name, data, eventId);
    },
    onSession: () => intake.take(SESSION, undefined, ""),
    onAdopt: places.adopt,
    onLeave: places.forget,
    servers: places.serverIds,
    onReady(self) {
      presence.renew();
      register(self);
    },
  });
  calls.shareWith(gateway.replicas);
  const presence = createPresence({ clock, set: gateway.setPresence });
  const streams = createWatchedStreams({ rest, calls, log, selfId: () => gateway.self()?.userId });
  const onLoss = LOSSES.map((name) => [name, async (data: unknown) => streams.onEvent(name, data)] as const);

  const platform: ChatPlatform = {
    name: DISCORD,
    limits: { maxMessageChars: MAX_MESSAGE_CHARS, minEditGapMs: MIN_EDIT_GAP_MS, canShowFiles: true },
    workspaces: createWorkspacesOf(places),
    fault: () => gateway.fault() ?? (rest.isTokenRefused() ? `Discord: ${TOKEN_HINT}` : undefined),
    async start(handlers) {
      intake.open([...onLoss, ...receiversOf({ deps, sides, gateway, platform }, handlers)]);
      gateway.start();
    },
    async stop() {
      stopping.abort();
      intake.open([]);
      typing.stop();
      presence.stop();
      // An end mark is the promise that nothing of an answer can be lost any more.
      await withDeadline(marks.settled, { what: "the last marks", timeoutMs: LAST_MARKS_MS, clock }).catch((error) =>
        log.warn({ error }, "discord: some marks are left for the next startup"),
      );
      calls.stop();
      await gateway.stop();
    },
    edit: sender.edit,
    append: sender.append,
    createReplyStream: streams.create,
    react: marks.react,
    ...signsOfWork(sides),
  };
  return {
    platform,
    openThread: createThreads({ rest, calls }),
    findReplies: createFindReplies({ gateway, rest, calls, clock, signal: stopping.signal }),
    readMissed: createDiscordMissed({ gateway, places, rest, calls, files }),
    reread: createDiscordReread({ gateway, places, rest, calls, files }, stopping.signal),
    showStatus: async (line) => presence.show(line),
    isMemberOf: createMemberLookup({ rest, calls, places, gateway }),
    shares: () => ({ ...gateway.holders(), received: intake.received() }),
    async handOver() {
      await gateway.handOver();
      const terms = { what: "the last events", timeoutMs: STORED_MS, clock };
      await withDeadline(intake.settled, terms).catch((error) =>
        log.warn({ error }, "discord: some of the last events are left to the next search for missed ones"),
      );
    },
  };
}

/** Hands events to what takes them in, and knows when that is done. */
function createIntake() {
  let receivers: ReadonlyMap<string, Receiver> = new Map();
  const taking = new Set<Promise<void>>();
  let received = 0;
  return {
    open(given: readonly (readonly [string, Receiver])[]) {
      receivers = new Map(given);
    },
    take(name: string, data: unknown, eventId: string) {
      received += 1;
      const taken = receivers.get(name)?.(data, eventId);
      if (taken === undefined) return;
      taking.add(taken);
      void taken.finally(() => taking.delete(taken));
    },
    received: () => received,
    settled: () => Promise.all(taking),
  };
}

function createWorkspacesOf({ serverIds }: Pick<Places, "serverIds">): ChatPlatform["workspaces"] {
  const memo = createMemo<readonly string[]>();
  return () => {
    const servers = serverIds();
    return memo([servers], () => [...servers, DIRECT_WORKSPACE].map((id) => `${DISCORD}:${id}`));
  };
}

/** The typing indicator begins with the mark "working" on a question, and ends with its answer or another mark. */
const signsOfWork = ({ sender, marks, typing }: Sides): Pick<ChatPlatform, "post" | "mark"> => ({
  post(channel, reply, terms) {
    const next = () => {
      if (terms?.replyTo !== undefined) typing.end(terms.replyTo);
      return currentReply(reply);
    };
    return sender.post(channel, next, terms);
  },
  mark(message, mark) {
    if (mark === "working") typing.begin(message);
    else typing.end(message);
    return marks.mark(message, mark);
  },
});

/** What receiving and sending share. */
function createSides({ config, discord, store, clock, log }: DiscordDeps) {
  const { token, apiUrl, shards } = discord;
  const calls = createCalls(clock);
  const onTokenRefused = () => log.error(TOKEN_HINT);
  const rest = createRest({ token, apiUrl, clock, onAnswer: calls.onAnswer, onTokenRefused });
  const controlIds = createControlIds({ store, clock, log });
  return {
    connection: { token, rest, shards, followThreads: config.access.followThreads },
    rest,
    calls,
    controlIds,
    files: { apiUrl, clock, fetch },
    places: createPlaces({ rest, calls, log }),
    sender: createSender({ clock, rest, calls, idFor: controlIds.idFor }),
    marks: createDiscordMarks({ rest, calls, clock }),
    typing: createTyping({ rest, calls, clock }),
  };
}

type Sides = ReturnType<typeof createSides>;

/** Returns what registers the slash commands at the first session; a later one tries again where that failed. */
function registering({ clock, log, commands, languages }: PlatformDeps, { rest }: Sides, signal: AbortSignal) {
  let hasBegun = false;
  return ({ applicationId }: Self): void => {
    if (hasBegun) return;
    hasBegun = true;
    log.info({ invite: inviteLink(applicationId) }, "discord: connected; invite the bot with this link");
    const wanted = applicationCommands(commands, discordTranslations(languages));
    registerWithRetry({ rest, log, clock, signal }, applicationId, wanted).catch((error) => {
      hasBegun = false;
      if (!signal.aborted) log.error({ error }, "discord: slash commands could not be registered");
    });
  };
}

interface ReceiverParts {
  readonly deps: PlatformDeps;
  readonly sides: Sides;
  readonly gateway: Gateway;
  readonly platform: ChatPlatform;
}

/** What takes in each kind of event that people set off. */
function receiversOf(
  { deps, sides, gateway, platform }: ReceiverParts,
  handlers: PlatformHandlers,
): readonly (readonly [string, Receiver])[] {
  const { clock, log, commands } = deps;
  const { controlIds, places, rest, calls, sender, files } = sides;
  const typed = { platform, sender, idFor: controlIds.idFor, commands };
  const messages = {
    gateway,
    places,
    rest,
    calls,
    clock,
    log,
    platform,
    onTyped: createTypedCommands(typed, handlers),
    files,
  };
  const receiver = createMessageReceiver(messages, handlers);
  const interactions = { rest, calls, log, commands, controlIds, clock, sender, places };
  return [
    [SESSION, async () => handlers.onGap()],
    [GatewayDispatchEvents.GuildCreate, async (data) => handlers.onGap(recentPlaces(data, clock.now() - HOUR_MS))],
    [GatewayDispatchEvents.MessageCreate, receiver.onCreate],
    [GatewayDispatchEvents.MessageUpdate, receiver.onEdit],
    [GatewayDispatchEvents.MessageReactionAdd, createReactionReceiver({ gateway, places, log }, handlers)],
    [GatewayDispatchEvents.InteractionCreate, createInteractionReceiver(interactions, handlers)],
  ];
}
