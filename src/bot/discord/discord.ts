import { withDeadline } from "../../base/deadline.js";
import { createAccess } from "../access/access.js";
import { createControlIds } from "../port/control-ids.js";
import { type ChatPlatform, currentReply, type Mention, type PlatformHandlers } from "../port/platform.js";
import type { PlatformDeps, PlatformParts } from "../port/platform-definition.js";
import { createGateway, type DispatchName, type Self } from "./gateway/gateway.js";
import { createSessionStarts } from "./gateway/session-starts.js";
import { createEarlier } from "./receive/earlier.js";
import { createElsewhere } from "./receive/elsewhere.js";
import { createInteractionReceiver } from "./receive/interactions.js";
import { createReactionReceiver } from "./receive/reactions.js";
import { createAttachments } from "./receive/read-attachment.js";
import { createReceiver } from "./receive/receive.js";
import { createPlaces } from "./receive/remember-places.js";
import { createTypedCommands } from "./receive/typed-command.js";
import { createCalls } from "./send/calls.js";
import { createMarks } from "./send/marks.js";
import { createThreads } from "./send/open-thread.js";
import { MAX_MESSAGE_CHARS } from "./send/render.js";
import { createRest } from "./send/rest.js";
import { createSender } from "./send/send.js";
import { createTyping } from "./send/typing.js";
import { createWatchedStreams, LOSSES } from "./send/watched-streams.js";
import { createPresence } from "./setup/presence.js";
import { registerPatiently } from "./setup/register.js";
import type { DiscordSettings } from "./variables.js";
import { TOKEN_MEND } from "./wire/health.js";
import { inviteLink } from "./wire/permissions.js";
import { DIRECT_WORKSPACE, PLATFORM_NAME } from "./wire/places.js";

/** Discord's edits are five in 5 s and channel; quicker ones would only be dropped. */
const MIN_EDIT_GAP_MS = 1_000;
const LAST_MARKS_MS = 2_000;

/** Discord as the bot sees it. */
export function createDiscord(deps: PlatformDeps & { readonly discord: DiscordSettings }): PlatformParts {
  const { config, discord, store, clock, log, commands } = deps;
  const { token, apiUrl } = discord;
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
    edit: sender.edit,
    append: sender.append,
    createReplyStream: streams.create,
    react: marks.react,
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
  };
  return {
    platform,
    openThread: createThreads({ rest, calls }),
    showStatus: async (line) => presence.show(line),
  };
}
