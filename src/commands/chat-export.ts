import { nextTurn } from "../base/clock.js";
import { plural, t } from "../languages/translate.js";
import type { NumberedTurn, Session } from "../store/sessions/session-types.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

/** Discord takes files of 10 MiB in a server without boosts; two of them share it. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Kept for what stands before the turns: above all a system prompt. */
const HEAD_BYTES = 64 * 1024;

export const chatExport = ({ sessions, clock, audit }: CommandDeps) =>
  defineCommand({
    path: "chat export",
    about: "Get this conversation as Markdown and as JSON",
    access: "anyone",
    isForChatters: true,
    isHeavy: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, invocation) {
      const { conversation } = invocation;
      const session = await sessions.get(conversation);
      const turns = await sessions.allTurns(conversation);
      if (turns.length === 0) {
        yield { markdown: t`Nothing has been said in this conversation yet.` };
        return;
      }
      const files = await exportFiles({ conversation, session, exportedAt: clock.now() }, turns);
      await audit.note(invocation, "data", { what: "conversation", after: "exported" });
      const kept = turns.length - files.leftOut;
      yield {
        markdown: t`📄 ${plural(kept, "question")} with the answers, as Markdown and as
          JSON.${files.leftOut === 0 ? "" : t` The ${files.leftOut} oldest did not fit.`}`,
        files: [
          { name: "conversation.md", bytes: files.markdown, alt: t`The conversation as Markdown` },
          { name: "conversation.json", bytes: files.json, alt: t`The conversation as JSON` },
        ],
      };
    },
  });

interface ExportFacts {
  readonly conversation: string;
  readonly session: Session;
  readonly exportedAt: number;
}

/** Turns that are written between two turns of the event loop. */
const TURNS_AT_ONCE = 100;

/**
 * Writes a conversation (oldest turn first) as Markdown and as JSON, and lets other work go on in between. Where it is
 * too long for a file, the newest turns are kept: they are worth more than the oldest.
 */
async function exportFiles(facts: ExportFacts, turns: readonly NumberedTurn[]) {
  const parts: { readonly markdown: Buffer; readonly json: Buffer }[] = [];
  let [markdownBytes, jsonBytes] = [0, 0];
  let first = turns.length;
  for (const numbered of turns.toReversed()) {
    const markdown = Buffer.from(`\n\n${turnMarkdown(facts, numbered)}`);
    const json = Buffer.from(turnJson(facts, numbered));
    markdownBytes += markdown.length;
    jsonBytes += json.length + 2;
    const isFull = Math.max(markdownBytes, jsonBytes) > MAX_FILE_BYTES - HEAD_BYTES;
    if (isFull && parts.length > 0) break;
    parts.push({ markdown, json });
    first -= 1;
    if (parts.length % TURNS_AT_ONCE === 0) await nextTurn();
  }
  parts.reverse();
  const head = JSON.stringify(headOf(facts, first), null, 2).replace(/\n\}$/, "");
  return {
    leftOut: first,
    markdown: Buffer.concat([
      Buffer.from(headMarkdown(facts, first)),
      ...parts.map(({ markdown }) => markdown),
      Buffer.from("\n"),
    ]),
    json: Buffer.concat([
      Buffer.from(`${head},\n  "turns": [`),
      ...parts.flatMap(({ json }, index) => [Buffer.from(index === 0 ? "\n" : ",\n"), json]),
      Buffer.from("\n  ]\n}\n"),
    ]),
  };
}

function headMarkdown({ conversation, session, exportedAt }: ExportFacts, leftOut: number): string {
  const pin = session.pin === null ? t`none` : `${session.pin.provider}/${session.pin.model}`;
  return [
    t`# Conversation ${conversation}`,
    t`Exported ${iso(exportedAt)} · model: ${pin}${leftOut === 0 ? "" : t` · ${leftOut} older questions left out`}`,
    ...(session.system === null ? [] : [t`System prompt:\n\n> ${session.system.replaceAll("\n", "\n> ")}`]),
  ].join("\n\n");
}

const turnMarkdown = ({ session }: ExportFacts, { number, turn }: NumberedTurn): string =>
  [
    t`## ${turn.question.author}, ${iso(turn.question.at)}${
      number < session.firstTurn
        ? t` (before the last
      fresh start)`
        : ""
    }`,
    turn.question.text || turn.question.sent || t`*(no text)*`,
    t`### ${turn.provider === null ? t`Answer` : `${turn.provider}/${turn.model}`},
      ${iso(turn.endedAt)}${turn.ending === "done" ? "" : ` (${turn.ending})`}`,
    turn.answer === "" ? t`*(no answer)*` : turn.answer,
  ].join("\n\n");

/** For programs; times are ISO 8601 in UTC. */
function headOf({ conversation, session, exportedAt }: ExportFacts, leftOut: number) {
  const { pin, system } = session;
  return {
    conversation,
    exportedAt: iso(exportedAt),
    pin: pin === null ? null : { ...pin, at: iso(pin.at) },
    system,
    olderTurnsLeftOut: leftOut,
  };
}

function turnJson({ session }: ExportFacts, { number, turn }: NumberedTurn): string {
  const row = {
    number,
    isSent: number >= session.firstTurn,
    author: turn.question.author,
    askedAt: iso(turn.question.at),
    question: turn.question.text,
    ...(turn.question.sent !== undefined && { sent: turn.question.sent }),
    answer: turn.answer,
    ending: turn.ending,
    provider: turn.provider,
    model: turn.model,
    usage: turn.usage,
    answeredAt: iso(turn.endedAt),
  };
  return JSON.stringify(row, null, 2).replace(/^/gm, "    ");
}

const iso = (at: number) => new Date(at).toISOString();
