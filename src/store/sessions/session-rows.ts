import { z } from "zod";
import { DamagedRowError } from "../store-error.js";

/** How the rows of conversations look; what reads them trusts them afterwards. */
const count = z.number().int().nonnegative();

const pinRow = z.object({ provider: z.string(), model: z.string(), at: z.number(), by: z.string().nullable() });

export const sessionRow = z.object({
  pin: pinRow.nullable(),
  system: z.string().nullable(),
  showsReasoning: z.boolean().exactOptional(),
  firstTurn: count,
  nextTurn: count,
  startedAt: z.number().default(0),
  updatedAt: z.number(),
  answeredAt: z.number().nullable(),
  noted: z.string().exactOptional(),
  pinNews: z.enum(["chosen", "default"]).exactOptional(),
  systemNews: z.string().exactOptional(),
  detour: z
    .object({
      provider: z.string(),
      model: z.string(),
      until: z.number(),
      isOpenEnded: z.literal(true).exactOptional(),
      window: z.string(),
      at: z.number(),
      by: z.string().nullable(),
      pinAt: z.number(),
    })
    .exactOptional(),
  quotaNotes: z
    .record(z.string(), z.object({ toldAt: z.number().exactOptional(), switchedUntil: z.number().exactOptional() }))
    .exactOptional(),
  triesPin: z.literal(true).exactOptional(),
});

export const endingRow = z.enum(["done", "limited", "stopped", "cut-off", "failed", "interrupted"]);

/** A number out of range costs itself, not the turn. */
const usageRow = z.preprocess(
  (usage) =>
    typeof usage === "object" && usage !== null
      ? Object.fromEntries(Object.entries(usage).filter(([, number]) => count.safeParse(number).success))
      : usage,
  z
    .object({
      inputTokens: z.exactOptional(count),
      outputTokens: z.exactOptional(count),
      cachedTokens: z.exactOptional(count),
    })
    .nullable(),
);

export const turnRow = z.object({
  question: z.object({
    message: z.string(),
    author: z.string(),
    authorId: z.string().exactOptional(),
    text: z.string(),
    sent: z.string().exactOptional(),
    at: z.number(),
  }),
  answer: z.string(),
  shownIn: z.string().exactOptional(),
  ending: endingRow,
  provider: z.string().nullable(),
  model: z.string().nullable(),
  usage: usageRow,
  endedAt: z.number(),
  compared: z.object({ number: count, thread: z.string().exactOptional() }).exactOptional(),
});

export const openQuestionRow = z.object({
  conversation: z.string(),
  message: z.unknown(),
  owner: z.string().default(""),
  authorId: z.string().exactOptional(),
  asked: z.object({ provider: z.string(), model: z.string(), inputTokens: count }).exactOptional(),
  answer: z.unknown(),
  author: z.string(),
  text: z.string(),
  at: z.number(),
  writtenAt: z.number().exactOptional(),
  ended: endingRow.nullable(),
  isStopAsked: z.literal(true).exactOptional(),
  compared: z
    .object({
      provider: z.string(),
      model: z.string(),
      number: count,
      at: z.unknown(),
      by: z.object({ id: z.string(), name: z.string() }),
    })
    .exactOptional(),
});

/** When a conversation was erased last. */
export const forgottenRow = z.object({ at: z.number() });

/** Digits enough that a conversation's turns sort as they were asked. */
export const TURN_DIGITS = 8;

/** Turns are read by their number, never by looking for them. */
export function turnKey(conversation: string, turn: number): string {
  return `${conversation}#${String(turn).padStart(TURN_DIGITS, "0")}`;
}

/** Between a conversation and the id of an answer that was given beside its history; no conversation's key holds it. */
const BESIDE = "~";

/** The id of a question whose answer is given beside the history of its conversation. */
export const comparedId = (conversation: string, answer: string): string => `${conversation}${BESIDE}${answer}`;

/** What the keys of all turns that were given beside a conversation's history begin with. */
export const comparedPrefix = (conversation: string): string => comparedId(conversation, "");

/** The conversation that a turn's key belongs to. */
export const conversationOfTurn = (key: string): string => key.slice(0, -TURN_DIGITS - 1).split(BESIDE)[0] ?? "";

/** @throws {DamagedRowError} when the row is not what it was stored as; only this conversation stands still then */
export function parsedRow<T>(schema: z.ZodType<T>, row: unknown, what: string): T {
  const result = schema.safeParse(row);
  if (result.success) return result.data;
  throw new DamagedRowError(what, result.error);
}
