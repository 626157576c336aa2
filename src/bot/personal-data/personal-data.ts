import type { Clock } from "../../base/clock.js";
import { UserError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { ErasedPerson, KnownPerson, PersonalData } from "../../commands/command-deps.js";
import { t } from "../../languages/translate.js";
import { CHANNEL_PREFIX } from "../../refresh/watch/watch-rows.js";
import { ERASED, ERASED_USER } from "../../store/audit.js";
import { answerErasedWrite, personErasedWrite } from "../../store/sessions/erase-conversations.js";
import type { OpenQuestion, Turn } from "../../store/sessions/sessions.js";
import type { Store, Write } from "../../store/store.js";
import { channelKeyOf, channelOf } from "../port/conversation.js";
import type { MessageKey } from "../port/platform.js";
import type { PlatformParts } from "../port/platform-definition.js";
import { type FoundRow, type PersonRows, readPerson } from "./person-rows.js";

export interface PersonalDataDeps {
  readonly store: Store;
  readonly clock: Pick<Clock, "now">;
  readonly log: Pick<Log, "info" | "warn">;
  readonly surfaces: readonly PlatformParts[];
  /** Drops what is kept in memory of the images of a conversation. */
  forgetImages(conversation: string): void;
}

/** What people may do with what the store holds about them. */
export function createPersonalData(deps: PersonalDataDeps): PersonalData {
  return {
    async summary(person) {
      const { turns, usage, choices, watches, changes, votes, accounts } = await readPerson(deps.store, person);
      return {
        questions: turns.length,
        conversations: new Set(turns.map(({ conversation }) => conversation)).size,
        usageEntries: usage.length,
        choices: choices.length + watches.length,
        votes: votes.length,
        changes: changes.length,
        budgets: accounts.filter(({ value: { name = ERASED } }) => name !== ERASED).length,
      };
    },
    async export(person) {
      return exportOf(person, await readPerson(deps.store, person), deps.clock.now());
    },
    erase: (person, also = []) => erase(deps, person, also),
  };
}

function exportOf({ platform, id }: KnownPerson, rows: PersonRows, now: number): Uint8Array {
  const iso = (at: number) => new Date(at).toISOString();
  const document = {
    person: { platform, id, names: [...rows.names] },
    exportedAt: iso(now),
    questions: rows.turns.map(({ conversation, value: { question, answer, ...turn } }) => ({
      conversation,
      askedAt: iso(question.at),
      author: question.author,
      question: question.text,
      ...(question.sent !== undefined && { sent: question.sent }),
      answer,
      ending: turn.ending,
      provider: turn.provider,
      model: turn.model,
      usage: turn.usage,
    })),
    usage: rows.usage.map(({ value }) => value),
    choices: rows.choices.map(({ key, value: { pin, system } }) => ({ conversation: key, pin, system })),
    watches: rows.watches.map(({ key, value }) => ({
      channel: key.slice(CHANNEL_PREFIX.length),
      watches: value.watches.filter(({ by }) => rows.names.has(by)),
    })),
    votes: rows.votes.map(({ value: { at, provider, model, isGood } }) => ({ at: iso(at), provider, model, isGood })),
    budgets: rows.accounts.map(({ key, value: { startsAt, usd, tokens, questions, name: known } }) => ({
      ...{ period: key.split("/").at(-1), since: iso(startsAt), usd, tokens, questions, name: known },
    })),
    changes: rows.changes.map(({ value: { at, ...change } }) => ({ at: iso(at), ...change })),
  };
  return new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`);
}

/** @throws {UserError} while a question of theirs is answered @throws {StoreError} and then some of it may be left */
async function erase(deps: PersonalDataDeps, person: KnownPerson, also: readonly Write[]): Promise<ErasedPerson> {
  const { store, log } = deps;
  const rows = await readPerson(store, person);
  if (rows.open.some(({ value }) => value.ended === null))
    throw new UserError(
      t`A question of yours is being answered. Stop it with \`/chat stop\`, or wait; then ask again.`,
    );
  const at = deps.clock.now();
  await store.write([personErasedWrite(person, at), ...also]);
  for (const each of rows.turns) await replace(store, each, erasedTurn(each.value), answerErased(each, at));
  for (const each of rows.quotes) await replace(store, each, withoutQuotes(each.value));
  for (const each of [...rows.usage, ...rows.changes]) await replace(store, each, { ...each.value, user: ERASED_USER });
  const nameOr = <T extends string | null>(name: T) => (name !== null && rows.names.has(name) ? ERASED : name);
  for (const each of rows.choices) {
    const { pin, systemNews, detour, ...session } = each.value;
    await replace(store, each, {
      ...session,
      pin: pin && { ...pin, by: nameOr(pin.by) },
      ...(detour !== undefined && { detour: { ...detour, by: nameOr(detour.by) } }),
      ...(systemNews !== undefined && { systemNews: nameOr(systemNews) }),
    });
  }
  for (const each of rows.votes) await replace(store, each, undefined);
  for (const each of rows.open) await replace(store, each, erasedQuestion(each.value));
  for (const each of rows.accounts) await replace(store, each, { ...each.value, name: ERASED });
  for (const each of rows.watches) {
    const watches = each.value.watches.map((watch) => ({ ...watch, by: nameOr(watch.by) }));
    await replace(store, each, { ...each.value, watches });
  }
  for (const conversation of new Set(rows.turns.map((each) => each.conversation))) deps.forgetImages(conversation);
  await store.purge();
  eraseShown(deps, person, rows).catch((error) => log.warn({ error }, "messages of an erased person may stay"));
  return { questions: rows.turns.length, usageEntries: rows.usage.length };
}

/** The times, the model and the numbers stay; without an answer, a turn is no longer sent to a model. */
function erasedTurn({ question: { message, at }, ...turn }: Turn): Turn {
  return { ...turn, question: { message, author: ERASED, text: ERASED, at }, answer: "" };
}

/** A question that only waits for its end mark. */
function erasedQuestion({ authorId: _id, ...question }: OpenQuestion): OpenQuestion {
  return { ...question, author: ERASED, text: ERASED };
}

/** A row that has changed since it was read, as by an answer that ends, is left to the next time. */
async function replace<T>(
  store: Store,
  { table, key, row }: FoundRow<unknown>,
  after: T,
  also: readonly Write[] = [],
): Promise<void> {
  await store.swap({ table, key, before: row, after }, also);
}

/** Notes that the message of an answer, which may stand on its platform for longer, is not to be read again. */
function answerErased({ conversation, value: { shownIn } }: PersonRows["turns"][number], at: number): readonly Write[] {
  return shownIn === undefined ? [] : [answerErasedWrite(channelOf(channelKeyOf(conversation)), shownIn, at)];
}

/** What somebody else asked, in their own words alone. */
function withoutQuotes({ question, ...turn }: Turn): Turn {
  const { sent: _sent, ...own } = question;
  return { ...turn, question: own };
}

/** Replaces what the bot has posted, one message after the other, as far as the platform lets it. */
async function eraseShown(deps: PersonalDataDeps, { platform: name }: KnownPerson, rows: PersonRows): Promise<void> {
  const { surfaces, store, clock, log } = deps;
  const surface = surfaces.find(({ platform }) => platform.name === name);
  if (surface === undefined) return;
  const eraseText =
    surface.eraseText ??
    ((message: MessageKey) => surface.platform.edit(message, { markdown: ERASED, controls: [] }, { rank: "board" }));
  const findReplies = createReplyFinder(surface);
  const erased = new Set<string>();
  let failed = 0;
  for (const turn of rows.turns) {
    for (const message of await shownOf(surface, findReplies, turn)) {
      const key = `${channelOf(message)}:${message.message}`;
      if (erased.has(key)) continue;
      erased.add(key);
      await store.write([answerErasedWrite(channelOf(message), message.message, clock.now())]);
      await eraseText(message).catch(() => {
        failed += 1; // deleted, too old, or no longer in reach
      });
    }
  }
  await store.purge();
  log.info({ platform: name, questions: rows.turns.length, failed }, "a person's questions were erased");
}

/**
 * The messages that a question stands in, where the platform keeps those itself, and its answers, as far as they are
 * known: where the platform says which messages reply to it, all of a long answer, and those that were replaced since.
 */
async function shownOf(
  surface: PlatformParts,
  findReplies: ReplyFinder,
  { conversation, value: { question, shownIn, compared } }: PersonRows["turns"][number],
): Promise<readonly MessageKey[]> {
  const place = channelKeyOf(conversation);
  const asked = { ...place, message: question.message };
  const answeredIn = { ...place, ...(compared?.thread !== undefined && { thread: compared.thread }) };
  return [
    ...(surface.eraseText === undefined ? [] : [asked]),
    ...(await findReplies(asked)),
    ...(shownIn === undefined ? [] : [{ ...answeredIn, message: shownIn }]),
  ];
}

/** Finds the messages that reply to a question for certain. Never rejects: the last one is known anyway. */
type ReplyFinder = (question: MessageKey) => Promise<readonly MessageKey[]>;

/** A platform that does not say which message replies to which is asked no more than once. */
function createReplyFinder(surface: PlatformParts): ReplyFinder {
  let isTold = surface.findReplies !== undefined;
  return async (question) => {
    if (!isTold) return [];
    const found = (await surface.findReplies?.(question).catch(() => [])) ?? [];
    const sure = found.flatMap(({ message, isSure }) => (isSure ? [message] : []));
    isTold = found.length === 0 || sure.length > 0;
    return sure;
  };
}
