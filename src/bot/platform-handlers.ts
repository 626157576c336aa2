import type { Clock } from "../base/clock.js";
import type { Log } from "../base/log.js";
import type { Invocation, Reply } from "../commands/command.js";
import type { Dispatcher } from "../commands/dispatch.js";
import { eachInLanguage } from "../languages/translate.js";
import type { Refresher } from "../refresh/refresher.js";
import type { Settings } from "../refresh/settings.js";
import type { Store } from "../store/store.js";
import { type HostAccess, notServedText } from "./access/access.js";
import { createCommandLimit } from "./access/limits.js";
import type { Board } from "./board/board.js";
import type { CatchUp } from "./catch-up/catch-up.js";
import { conversationOf, inLanguageOf, questionIdOf, workspaceOf } from "./port/conversation.js";
import type {
  ChannelKey,
  ChatPlatform,
  CommandCall,
  Mention,
  Person,
  PlatformHandlers,
  Reaction,
  Speaker,
} from "./port/platform.js";
import type { Chat } from "./turn/chat.js";
import type { TakeTerms } from "./turn/turn.js";

export interface HandlerDeps {
  readonly chat: Chat;
  readonly dispatcher: Dispatcher;
  readonly refresher: Refresher;
  readonly settings: Pick<Settings, "languageOf">;
  readonly board: Board;
  readonly catchUp: Pick<CatchUp, "begin" | "behind">;
  readonly access: HostAccess;
  readonly clock: Pick<Clock, "now">;
  readonly store: Pick<Store, "values" | "writeOnce">;
  readonly log: Log;
}

/** Services deliver an event again within minutes; an hour is far past the last time. */
const ONCE_MS = 3_600_000;

/**
 * What a platform calls: questions go to the chat, commands by any door through the one dispatcher. Where nobody is
 * served, or not this person, mentions and reactions are as if unseen.
 */
export function handlersOf(platform: ChatPlatform, deps: HandlerDeps): PlatformHandlers {
  const { dispatcher, refresher, board, catchUp, access } = deps;

  const withOperator = operatorsOf(platform, deps);
  const commandLimit = createCommandLimit(deps.clock);
  const serviceFor = (place: ChannelKey, by: Speaker) => access.serviceFor(platform, place, by);

  const take = async (mention: Mention, terms: Pick<TakeTerms, "after" | "isFinal">) =>
    takeMentionOf(platform, deps, mention, terms);
  const isFinal = platform.limits.redelivers !== true;

  async function* repliesTo(call: CommandCall): AsyncGenerator<Reply> {
    const service = await serviceFor(call.channel, call);
    const isOpen = service !== "closed" && dispatcher.find(call.text)?.isForEveryone === true;
    if (service !== "served" && !isOpen) {
      yield { markdown: notServedText(service, call.isDirect), isFailure: true };
      return;
    }
    const tooMany = commandLimit(call.author);
    if (tooMany !== undefined) {
      yield { markdown: tooMany, isFailure: true };
      return;
    }
    refresher.noteActivity(workspaceOf(call.channel));
    yield* dispatcher.run(call.text, invocationOf(platform, withOperator(call)));
  }

  async function react(reaction: Reaction): Promise<void> {
    const { message } = reaction;
    if ((await serviceFor(message, reaction)) !== "served") return;
    refresher.noteActivity(workspaceOf(message));
    const pressed = withOperator(reaction);
    const tooMany = commandLimit(reaction.author);
    await board.onReaction(platform, pressed, (command) =>
      tooMany === undefined ? dispatcher.run(command, invocationOfReaction(pressed)) : refusing(tooMany),
    );
  }

  return {
    ...createReceipt(platform, deps),
    onMention: (mention) => catchUp.behind(mention.message, (after) => take(mention, { after, isFinal })),
    onGap: (told) => catchUp.begin(platform.name, told, (mention) => take(mention, {})),
    onCommand: (call) => eachInLanguage(deps.settings.languageOf(workspaceOf(call.channel)), () => repliesTo(call)),
    onReaction: (reaction) => inLanguageOf(deps.settings, reaction.message, () => react(reaction)),
    onSuggest(call, option, typed) {
      if (access.knownServiceFor(platform, call.channel, call) !== "served") return [];
      return inLanguageOf(deps.settings, call.channel, () =>
        dispatcher.suggest(call.text, option, typed, invocationOf(platform, withOperator(call))),
      );
    },
    inLanguageOf: (place, work) => inLanguageOf(deps.settings, place, work),
    onFocus: () => refresher.nudge("focus"),
  };
}

/**
 * Hands a question to the chat where its asker is served. @throws {UserError} while the bot stops @throws {StoreError}
 */
export async function takeMentionOf(
  platform: ChatPlatform,
  deps: Pick<HandlerDeps, "access" | "chat" | "settings">,
  mention: Mention,
  terms: Omit<TakeTerms, "refusal">,
): Promise<void> {
  const service = await deps.access.serviceFor(platform, mention.message, mention);
  if (service !== "served" && service !== "unknown") return;
  await inLanguageOf(deps.settings, mention.message, () => {
    const refusal = service === "served" ? undefined : notServedText(service, mention.isDirect);
    return deps.chat.onMention(platform, operatorsOf(platform, deps)(mention), { ...terms, refusal });
  });
}

/** Adds what the host says of who is an operator to what the platform says. */
const operatorsOf =
  (platform: ChatPlatform, { access }: Pick<HandlerDeps, "access">) =>
  <T extends { readonly author: Person; readonly isOperator: boolean }>(event: T): T => ({
    ...event,
    isOperator: event.isOperator || access.isNamedOperator(platform.name, event.author),
  });

async function* refusing(why: string): AsyncGenerator<Reply> {
  yield { markdown: why, isFailure: true };
}

/** What decides which events of a platform are taken at all. */
export const createReceipt = (
  platform: ChatPlatform,
  { access, store, log }: Pick<HandlerDeps, "access" | "store" | "log">,
): Pick<PlatformHandlers, "isServed" | "takesPart" | "isFirst"> => ({
  isServed: (place, isDirect) => access.isServed(platform, place, isDirect),
  takesPart: async (place) =>
    access.followsThreads && (await store.values("sessions").get(conversationOf(place))) !== undefined,
  async isFirst(event, forMs = ONCE_MS) {
    const name = typeof event === "string" ? `${platform.name}-${event}` : `question:${questionIdOf(event)}`;
    return store.writeOnce(name, forMs, []).catch((error) => {
      log.warn({ error, platform: platform.name }, "an event could not be deduplicated, taking it anyway");
      return true;
    });
  },
});

/** What a command learns about the reaction that stands for it. */
const invocationOfReaction = ({ message, ...by }: Reaction): Invocation => {
  const { message: _id, ...channel } = message;
  return invocationOf(undefined, { ...by, channel, text: "", door: "reaction" });
};

const invocationOf = (platform: ChatPlatform | undefined, call: CommandCall): Invocation => ({
  platform: call.channel.platform,
  workspace: workspaceOf(call.channel),
  conversation: conversationOf(call.channel),
  user: call.author,
  isOperator: call.isOperator,
  isDirect: call.isDirect,
  isGuest: call.isGuest ?? false,
  isInGroup: (group) => call.isInGroup?.(group) ?? Promise.resolve(false),
  ...(call.door !== undefined && { door: call.door }),
  ...(call.on !== undefined && { on: call.on }),
  ...(platform?.limits.beginsThreads &&
    !call.isDirect &&
    call.channel.thread === undefined && { isAboveThreads: true as const }),
  canShowFiles: platform?.limits.canShowFiles ?? false,
});
