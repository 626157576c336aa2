import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { startRounds } from "../../base/rounds.js";
import type { OpenQuestion, Sessions, Turn } from "../../store/sessions/sessions.js";
import type { Write } from "../../store/store.js";
import { DamagedRowError } from "../../store/store-error.js";
import type { Ledger } from "../../usage/ledger.js";
import type { FindModelFacts } from "../../usage/model-facts.js";
import { messageKeySchema } from "../port/message-key.js";
import type { ChatPlatform, MessageKey } from "../port/platform.js";
import { isLost, PlatformError } from "../port/platform-error.js";
import { RETRY_CONTROL } from "./answer-controls.js";
import { ENDING_LINES, ENDING_MARKS } from "./endings.js";
import { usageEntry, usedBy } from "./finish-turn.js";
import type { Liveness } from "./liveness.js";
import type { TurnEvent } from "./turn-deps.js";

export interface RecoverDeps {
  readonly sessions: Sessions;
  readonly ledger: Pick<Ledger, "writeOf">;
  readonly modelFacts: FindModelFacts;
  readonly platforms: readonly ChatPlatform[];
  readonly liveness: Pick<Liveness, "isGone">;
  readonly clock: Clock;
  readonly log: Log;
  /** Its duration is not known. */
  onTurn(event: TurnEvent): void;
}

/** Ends every question that an ended process left unfinished; what fails is left for the next round. */
export async function recover(deps: RecoverDeps): Promise<number> {
  const { sessions, platforms, liveness, log } = deps;
  let recovered = 0;
  for (const [id, question] of await sessions.openQuestions()) {
    const message = messageKeySchema.safeParse(question.message);
    const platform = platforms.find(({ name }) => message.data?.platform === name);
    if (platform === undefined || message.data === undefined) continue; // its platform is not configured today
    if (!(await liveness.isGone(question.owner))) continue; // somebody is at it
    try {
      const ending = question.ended ?? "interrupted";
      if (question.ended === null) await interrupt(deps, platform, id, question);
      await platform.mark(message.data, ENDING_MARKS[ending]);
      await sessions.close(id);
      recovered += 1;
    } catch (error) {
      if (isLost(error)) {
        log.info({ error, id }, "the channel of an unfinished question is gone");
        await sessions
          .close(id)
          .catch((late) => log.error({ error: late, id }, "could not close the question; retrying at next startup"));
        continue;
      }
      log.error({ error, id }, "an unfinished question could not be marked; retrying at next startup");
    }
  }
  if (recovered > 0) log.info({ recovered }, "unfinished answers of an ended process were marked");
  return recovered;
}

/** How soon another replica's broken-off answers get their end. */
const ROUND_MS = 60_000;

/**
 * Recovers at once, and then once a minute. Resolves with how to stop that.
 * @throws {StoreError} when the first round cannot read
 */
export async function startRecovery(deps: RecoverDeps): Promise<() => void> {
  await recover(deps);
  const { clock, log } = deps;
  return startRounds({
    clock,
    log,
    everyMs: ROUND_MS,
    what: "looking for unfinished answers",
    work: () => recover(deps),
  });
}

async function interrupt(deps: RecoverDeps, platform: ChatPlatform, id: string, question: OpenQuestion): Promise<void> {
  const { sessions, clock } = deps;
  const line = ENDING_LINES.interrupted ?? "";
  const asked = messageKeySchema.parse(question.message);
  const answer = question.answer === null ? undefined : messageKeySchema.parse(question.answer);
  let kept = "";
  if (answer === undefined) await say(platform, asked, line);
  else {
    kept = await platform.append(answer, line, [RETRY_CONTROL]).catch(async (error) => {
      // Deleted by somebody, or so full that not a line fits below it.
      const isElsewhere = error instanceof PlatformError && ["refused", "gone", "not-editable"].includes(error.reason);
      if (!isElsewhere) throw error;
      await say(platform, asked, line);
      return "";
    });
  }
  const session = await sessions.get(question.conversation).catch((error) => {
    // The question has its end; the record's own trouble is told to whoever asks there next.
    if (error instanceof DamagedRowError) return undefined;
    throw error;
  });
  if (session === undefined) return;
  const model = question.asked ?? session.pin;
  const turn: Turn = {
    question: {
      message: asked.message,
      author: question.author,
      ...(question.authorId !== undefined && { authorId: question.authorId }),
      text: question.text,
      at: question.at,
    },
    answer: kept,
    ...(answer !== undefined && { shownIn: answer.message }),
    ending: "interrupted",
    provider: model?.provider ?? null,
    model: model?.model ?? null,
    usage: null,
    endedAt: clock.now(),
  };
  await sessions.end(id, question.conversation, turn, { writes: usedWrites(deps, id, question, kept) });
  const { provider, model: name, ending } = turn;
  deps.onTurn({ platform: platform.name, provider, model: name, ending, durationMs: null, firstTextMs: null });
}

/** What the provider had given until then is used, though nobody will say how much it was. */
function usedWrites(
  { ledger, modelFacts }: RecoverDeps,
  id: string,
  { asked, author, authorId, at, message }: OpenQuestion,
  kept: string,
): readonly Write[] {
  if (asked === undefined) return [];
  const { inputTokens, ...model } = asked;
  const used = usedBy({ usage: undefined, inputTokens, output: kept });
  if (used === undefined) return [];
  const question = {
    id,
    message: messageKeySchema.parse(message),
    asker: { id: authorId ?? author, name: author },
    at,
  };
  const facts = modelFacts(model.provider, model.model);
  return [ledger.writeOf(usageEntry({ question, model, used, modelFacts: facts, ending: "interrupted" }))];
}

async function say(platform: ChatPlatform, question: MessageKey, line: string): Promise<void> {
  await platform.post(question, { markdown: line }, { rank: "last-text", replyTo: question });
}
