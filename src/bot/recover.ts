import type { Clock } from "../clock.js";
import type { Log } from "../log.js";
import type { OpenQuestion, Sessions } from "../store/sessions.js";
import { DamagedRowError } from "../store/store-error.js";
import { ENDING_LINES, ENDING_MARKS } from "./endings.js";
import { messageKeySchema } from "./message-key.js";
import type { ChatPlatform, MessageKey } from "./platform.js";
import { isLost, PlatformError } from "./platform-error.js";

export interface RecoverDeps {
  readonly sessions: Sessions;
  readonly platforms: readonly ChatPlatform[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Gives every question that an earlier process left without its end mark one; failures are tried again at the next start. */
export async function recover(deps: RecoverDeps): Promise<number> {
  const { sessions, platforms, log } = deps;
  let recovered = 0;
  for (const [id, question] of await sessions.openQuestions()) {
    const message = messageKeySchema.safeParse(question.message);
    const platform = platforms.find(({ name }) => message.data?.platform === name);
    if (platform === undefined || message.data === undefined) continue; // its platform is not configured today
    try {
      const ending = question.ended ?? "interrupted";
      if (question.ended === null) await interrupt(deps, platform, id, question);
      await platform.slot(message.data, "mark");
      await platform.mark(message.data, ENDING_MARKS[ending]);
      await sessions.close(id);
      recovered += 1;
    } catch (error) {
      if (isLost(error)) {
        log.info({ error, id }, "the place of an unfinished question is gone");
        await sessions.close(id).catch((late) => log.error({ error: late, id }, "it stays for the next start"));
        continue;
      }
      log.error({ error, id }, "an unfinished question could not be marked; the next start tries again");
    }
  }
  return recovered;
}

async function interrupt(
  { sessions, clock }: RecoverDeps,
  platform: ChatPlatform,
  id: string,
  question: OpenQuestion,
): Promise<void> {
  const line = ENDING_LINES.interrupted ?? "";
  const asked = messageKeySchema.parse(question.message);
  const answer = question.answer === null ? undefined : messageKeySchema.parse(question.answer);
  let kept = "";
  if (answer === undefined) await say(platform, asked, line);
  else {
    await platform.slot(answer, "last-text", undefined, "edit");
    kept = await platform.append(answer, line).catch(async (error) => {
      // Deleted by somebody, or so full that not a line fits below it.
      const isElsewhere = error instanceof PlatformError && (error.reason === "refused" || error.reason === "gone");
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
  await sessions.end(id, question.conversation, {
    question: { message: asked.message, author: question.author, text: question.text, at: question.at },
    answer: kept,
    ending: "interrupted",
    provider: session.pin?.provider ?? null,
    model: session.pin?.model ?? null,
    usage: null,
    endedAt: clock.now(),
  });
}

async function say(platform: ChatPlatform, question: MessageKey, line: string): Promise<void> {
  await platform.slot(question, "last-text", undefined, "post");
  await platform.post(question, { markdown: line }, question);
}
