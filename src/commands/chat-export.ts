import { plural } from "../base/text.js";
import type { Session, Turn } from "../store/sessions/sessions.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

/** Discord takes files of 10 MiB in a server without boosts; two of them share it. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

export const chatExport = ({ sessions, clock }: CommandDeps) =>
  defineCommand({
    path: "chat export",
    about: "Get this conversation as Markdown and as JSON",
    access: "anyone",
    isForChatters: true,
    isHeavy: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, { conversation }) {
      const session = await sessions.get(conversation);
      const turns = await sessions.allTurns(conversation);
      if (turns.length === 0) {
        yield { markdown: "Nothing has been said in this conversation yet." };
        return;
      }
      const facts = { conversation, session, exportedAt: clock.now() };
      // The newest are worth more than the oldest.
      let from = 0;
      const files = () => {
        const kept = { ...facts, turns: turns.slice(from), leftOut: from };
        return [exportMarkdown(kept), exportJson(kept)].map((text) => new TextEncoder().encode(text));
      };
      let [markdown, json] = files();
      while ([markdown, json].some((bytes) => (bytes?.length ?? 0) > MAX_FILE_BYTES) && from < turns.length - 1) {
        from += Math.ceil((turns.length - from) / 4);
        [markdown, json] = files();
      }
      const kept = turns.length - from;
      yield {
        markdown:
          `📄 ${plural(kept, "question")} with the answers, as Markdown and as ` +
          `JSON.${from === 0 ? "" : ` The ${from} oldest did not fit.`}`,
        files: [
          { name: "conversation.md", bytes: markdown ?? new Uint8Array(), alt: "The conversation as Markdown" },
          { name: "conversation.json", bytes: json ?? new Uint8Array(), alt: "The conversation as JSON" },
        ],
      };
    },
  });

export interface ExportFacts {
  readonly conversation: string;
  readonly session: Session;
  /** Oldest first. */
  readonly turns: readonly { readonly number: number; readonly turn: Turn }[];
  /** How many older ones there are besides. */
  readonly leftOut: number;
  readonly exportedAt: number;
}

/** A conversation as people read it. */
export function exportMarkdown({ conversation, session, turns, leftOut, exportedAt }: ExportFacts): string {
  const pin = session.pin === null ? "none" : `${session.pin.provider}/${session.pin.model}`;
  return [
    `# Conversation ${conversation}`,
    `Exported ${iso(exportedAt)} · model: ${pin}${leftOut === 0 ? "" : ` · ${leftOut} older questions left out`}`,
    ...(session.system === null ? [] : [`System prompt:\n\n> ${session.system.replaceAll("\n", "\n> ")}`]),
    ...turns.flatMap(({ number, turn }) => [
      `## ${turn.question.author}, ` +
        `${iso(turn.question.at)}${number < session.firstTurn ? " (before the last fresh start)" : ""}`,
      turn.question.text || turn.question.sent || "*(no words)*",
      `### ${turn.provider === null ? "Answer" : `${turn.provider}/${turn.model}`}, ` +
        `${iso(turn.endedAt)}${turn.ending === "done" ? "" : ` (${turn.ending})`}`,
      turn.answer === "" ? "*(no answer)*" : turn.answer,
    ]),
    "",
  ].join("\n\n");
}

/** A conversation for programs; times are ISO 8601 in UTC. */
export function exportJson({ conversation, session, turns, leftOut, exportedAt }: ExportFacts): string {
  const { pin, system, firstTurn } = session;
  const document = {
    conversation,
    exportedAt: iso(exportedAt),
    pin: pin === null ? null : { ...pin, at: iso(pin.at) },
    system,
    olderTurnsLeftOut: leftOut,
    turns: turns.map(({ number, turn }) => ({
      number,
      isSent: number >= firstTurn,
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
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const iso = (at: number) => new Date(at).toISOString();
