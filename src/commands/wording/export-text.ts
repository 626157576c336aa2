import type { Session, Turn } from "../../store/sessions/sessions.js";

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
      `## ${turn.question.author}, ${iso(turn.question.at)}${number < session.firstTurn ? " (before the last fresh start)" : ""}`,
      turn.question.text || turn.question.sent || "*(no words)*",
      `### ${turn.provider === null ? "Answer" : `${turn.provider}/${turn.model}`}, ${iso(turn.endedAt)}${turn.ending === "done" ? "" : ` (${turn.ending})`}`,
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
