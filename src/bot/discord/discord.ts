import { withDeadline } from "../../deadline.js";
import { StartupError } from "../../errors.js";
import { createAccess } from "../access.js";
import { createControlIds } from "../control-ids.js";
import type { ChatPlatform, Mention, PlatformHandlers } from "../platform.js";
import type { PlatformDeps } from "../platform-definition.js";
import { createCalls } from "./calls.js";
import { createEarlier } from "./earlier.js";
import { createElsewhere } from "./elsewhere.js";
import { createGateway, type DispatchName, type Self } from "./gateway.js";
import { TOKEN_MEND } from "./health.js";
import { createInteractionReceiver } from "./interactions.js";
import { createMarks } from "./marks.js";
import { createThreads } from "./open-thread.js";
import { inviteLink } from "./permissions.js";
import { channelIdOf, DIRECT_WORKSPACE, PLATFORM_NAME } from "./places.js";
import { createPresence } from "./presence.js";
import { createReactionReceiver } from "./reactions.js";
import { createAttachments } from "./read-attachment.js";
import { createReceiver } from "./receive.js";
import { registerPatiently } from "./register.js";
import { createPlaces } from "./remember-places.js";
import { MAX_MESSAGE_CHARS } from "./render.js";
import { createRest } from "./rest.js";
import { createSender } from "./send.js";
import { createSessionStarts } from "./session-starts.js";
import { createTypedCommands } from "./typed-command.js";
import { createTyping } from "./typing.js";
import { createWatchedStreams, LOSSES } from "./watched-streams.js";

/** Discord's edits are five in 5 s and channel; quicker ones would only be dropped. */
const MIN_EDIT_GAP_MS = 1_000;
const LAST_MARKS_MS = 2_000;

/** Discord as the bot sees it. @throws {StartupError} when it is not configured */
export function createDiscord({ config, store, clock, log, commands }: PlatformDeps): ChatPlatform {
  if (config.discord === undefined) throw new StartupError("Discord needs DISCORD_TOKEN");
  const { token, apiUrl } = config.discord;
  const { followThreads } = config.access;
  const access = createAccess(config.access);
  const calls = createCalls(clock);
  const onTokenRefused = () => log.error(TOKEN_MEND);
  const rest = createRest({ token, apiUrl, clock, onAnswer: calls.onAnswer, onTokenRefused });
  const controlIds = createControlIds({ store, clock, log });
  const { idFor } = controlIds;
  const sender = createSender({ clock, rest, calls, idFor });
  const marks = createMarks({ rest, calls, clock });
  const typing = createTyping({ rest, calls, clock });
  let receivers: Partial<Record<DispatchName, (data: unknown) => Promise<void>>> = {};
  let isKnown = false;
  const stopping = new AbortController();

  const onReady = ({ applicationId }: Self) => {
    presence.renew();
    if (isKnown) return;
    isKnown = true;
    log.info({ invite: inviteLink(applicationId) }, "Discord is connected; invite the bot with this link");
    registerPatiently({ rest, log, clock, signal: stopping.signal }, applicationId, commands).catch((error) => {
      isKnown = false; // the next session tries again
      if (!stopping.signal.aborted) log.error({ error }, "the slash commands could not be registered with Discord");
    });
  };
  const gateway = createGateway({
    token,
    apiUrl,
    followThreads,
    clock,
    log,
    starts: createSessionStarts({ store, clock, log, token }),
    onDispatch: (name, data) => void receivers[name]?.(data),
    onReady,
  });
  const presence = createPresence({ clock, set: gateway.setPresence });
  const streams = createWatchedStreams({ rest, calls, log, selfId: () => gateway.self()?.userId });
  const places = createPlaces({ gateway, rest, calls, log });

  const platform: ChatPlatform = {
    name: PLATFORM_NAME,
    limits: { maxMessageChars: MAX_MESSAGE_CHARS, minEditGapMs: MIN_EDIT_GAP_MS, canShowFiles: true },
    workspaces: () => [...gateway.serverIds(), DIRECT_WORKSPACE].map((id) => `${PLATFORM_NAME}:${id}`),
    fault: () => gateway.fault() ?? (rest.isTokenRefused() ? `Discord: ${TOKEN_MEND}` : undefined),
    async start(handlers: PlatformHandlers) {
      const isServed = ({ message, isDirect }: Mention) => access.isServed(platform, message, isDirect);
      const onTyped = createTypedCommands({ platform, sender, idFor, commands, store, log, isServed }, handlers);
      receivers = {
        ...Object.fromEntries(LOSSES.map((name) => [name, async (data: unknown) => streams.onEvent(name, data)])),
        MESSAGE_CREATE: createReceiver(
          {
            gateway,
            places,
            followThreads,
            log,
            platform,
            onTyped,
            sessions: store.values("sessions"),
            attachmentsOf: createAttachments({ apiUrl, clock, fetch }),
            earlier: createEarlier({ rest, calls }),
          },
          handlers,
        ),
        MESSAGE_REACTION_ADD: createReactionReceiver({ gateway, places, store, log }, handlers),
        INTERACTION_CREATE: createInteractionReceiver(
          {
            rest,
            calls,
            store,
            log,
            commands,
            controlIds,
            clock,
            elsewhere: createElsewhere({ rest, calls, idFor, sender }),
          },
          handlers,
        ),
      };
      gateway.start();
    },
    async stop() {
      stopping.abort();
      receivers = {};
      typing.stop();
      presence.stop();
      // An end mark is the promise that nothing of an answer can be lost any more.
      await withDeadline(marks.settled, { what: "the last marks", timeoutMs: LAST_MARKS_MS, clock }).catch((error) =>
        log.warn({ error }, "some marks are left for the next start"),
      );
      calls.stop();
      await gateway.stop();
    },
    slot: calls.slot,
    edit: sender.edit,
    append: sender.append,
    createReplyStream: streams.create,
    openThread: createThreads({ rest, calls }),
    threadLink: (thread) => `<#${channelIdOf(thread)}>`,
    post(channel, reply, replyTo) {
      if (replyTo !== undefined) typing.end(replyTo);
      return sender.post(channel, reply, replyTo);
    },
    offerReactions: marks.offerReactions,
    clearReaction: marks.clearReaction,
    mark(message, mark) {
      if (mark === "working") typing.begin(message);
      else typing.end(message);
      return marks.mark(message, mark);
    },
    async showStatus(line) {
      presence.show(line);
    },
  };
  return platform;
}
