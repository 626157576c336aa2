import { z } from "zod";
import { nextTurn } from "../../base/clock.js";
import type { KnownPerson } from "../../commands/command-deps.js";
import { CHANNEL_PREFIX, type WatchedChannel, watchedChannel } from "../../refresh/watch/watch-rows.js";
import { type AuditEntry, auditRow } from "../../store/audit.js";
import { conversationOfTurn, openQuestionRow, sessionRow, turnRow } from "../../store/sessions/session-rows.js";
import type { OpenQuestion, Session, Turn } from "../../store/sessions/sessions.js";
import { pagesOf, type Store, type Table } from "../../store/store.js";
import { type Account, accountRow } from "../../usage/budgets/account.js";
import { isOfPerson, PERSON_ACCOUNTS } from "../../usage/budgets/account-rows.js";
import { type Vote, voteRow } from "../../usage/votes.js";
import { speakerName } from "../prompt/untrusted-text.js";

/** A row as it is stored, and as it was read. */
export interface FoundRow<T> {
  readonly table: Table;
  readonly key: string;
  readonly row: unknown;
  readonly value: T;
}

/** Everything that the store holds about a person. */
export interface PersonRows {
  /** Questions with the answers to them, with their conversation. */
  readonly turns: readonly (FoundRow<Turn> & { readonly conversation: string })[];
  /** Questions of others that quote them. */
  readonly quotes: readonly FoundRow<Turn>[];
  readonly usage: readonly FoundRow<PersonUsage>[];
  /** Conversations whose model or system prompt somebody of one of these names chose. */
  readonly choices: readonly FoundRow<Session>[];
  /** Channels that somebody of one of these names let watch. */
  readonly watches: readonly FoundRow<WatchedChannel>[];
  readonly changes: readonly FoundRow<AuditEntry>[];
  readonly votes: readonly FoundRow<Vote>[];
  /** Questions that have no end yet. */
  readonly open: readonly FoundRow<OpenQuestion>[];
  /** What is counted of their use, for budgets. */
  readonly accounts: readonly FoundRow<Account>[];
  /** The names that the person had. */
  readonly names: ReadonlySet<string>;
}

/** What the ledger says of a person; everything else of the row stays as it is. */
const usageRow = z.looseObject({
  platform: z.string(),
  user: z.object({ id: z.string(), name: z.string() }),
});
export type PersonUsage = z.infer<typeof usageRow>;

/** Reading and checking so many rows takes about a millisecond. */
const ROWS_AT_ONCE = 100;

/**
 * Reads all rows of a person, and lets other work go on in between. Turns of version 0.1 don't say whose they are and
 * are not found. @throws {StoreError}
 */
export async function readPerson(store: Store, { platform, id, name }: KnownPerson): Promise<PersonRows> {
  const conversations = `${platform}:`;
  const turns = await found(store, "turns", conversations, turnRow, ({ question }) => question.authorId === id);
  const usage = await found(store, "usage", "", usageRow, (row) => row.platform === platform && row.user.id === id);
  const changes = await found(store, "audit", "", auditRow, (row) => row.platform === platform && row.user.id === id);
  const names = new Set([
    ...(name === undefined ? [] : [name]),
    ...changes.map(({ value }) => value.user.name),
    ...turns.map(({ value }) => value.question.author),
    ...usage.map(({ value }) => value.user.name),
  ]);
  const isNamed = (name: string | null | undefined) => name != null && names.has(name);
  const isQuote = quotePattern(names);
  const quotes = await found(
    store,
    "turns",
    conversations,
    turnRow,
    ({ question: { authorId, sent = "" } }) => authorId !== id && isQuote(sent),
  );
  return {
    quotes,
    turns: turns.map((each) => ({ ...each, conversation: conversationOfTurn(each.key) })),
    usage,
    choices: await found(store, "sessions", conversations, sessionRow, ({ pin, systemNews, detour }) =>
      [pin?.by, systemNews, detour?.by].some(isNamed),
    ),
    watches: await found(store, "watches", `${CHANNEL_PREFIX}${conversations}`, watchedChannel, ({ watches }) =>
      watches.some(({ by }) => isNamed(by)),
    ),
    changes,
    votes: await found(store, "votes", "", voteRow, (vote) => vote.platform === platform && vote.userId === id),
    open: await found(
      store,
      "open",
      "",
      openQuestionRow,
      ({ conversation, authorId }) => authorId === id && conversation.startsWith(conversations),
    ),
    accounts: await found(store, "counts", PERSON_ACCOUNTS, accountRow, (_account, key) =>
      isOfPerson(key, platform, id),
    ),
    names,
  };
}

/** Tells whether a question, as it was sent, quotes somebody of these names, in the form of `quotedMessage`. */
function quotePattern(names: ReadonlySet<string>): (sent: string) => boolean {
  const heads = [...names].flatMap((name) => [`${speakerName(name)}:\n> `, `In reply to ${speakerName(name)}:\n> `]);
  return (sent) => heads.some((head) => sent.startsWith(head) || sent.includes(`\n${head}`));
}

async function found<T>(
  store: Store,
  table: Table,
  prefix: string,
  schema: z.ZodType<T>,
  isWanted: (value: T, key: string) => boolean,
): Promise<readonly FoundRow<T>[]> {
  const all: FoundRow<T>[] = [];
  for await (const page of pagesOf(store.values(table), prefix, ROWS_AT_ONCE)) {
    for (const [key, row] of page) {
      const { data } = schema.safeParse(row);
      if (data !== undefined && isWanted(data, key)) all.push({ table, key, row, value: data });
    }
    await nextTurn();
  }
  return all.reverse();
}
