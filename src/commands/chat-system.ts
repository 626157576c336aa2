import { UserError } from "../base/errors.js";
import { type Phrase, phrase, t } from "../languages/translate.js";
import { DEFAULT, defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { isForOperators } from "./settings-who.js";

/** Longer ones take the place of the conversation in the model's window. */
const MAX_SYSTEM_CHARS = 4_000;

/** What the record says of a change: never the words themselves. */
function recordedValue(before: string | null, after: string | null): Phrase {
  if (after === null) return phrase`the host's alone`;
  return before === null ? phrase`set` : phrase`another one`;
}

export const chatSystem = ({ sessions, settings, audit }: CommandDeps) =>
  defineCommand({
    path: "chat system",
    about: "Tell the model how to answer in this conversation; default removes it; without text, shows it",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: {
      text: { kind: "text", about: "what it should keep in mind, or default", maxChars: MAX_SYSTEM_CHARS },
    },
    async *run({ text }, invocation) {
      const { conversation, workspace, user, isOperator, isDirect } = invocation;
      if (text === undefined) {
        const { system } = await sessions.get(conversation);
        yield {
          markdown:
            system === null
              ? t`This conversation has the host's own system prompt. \`/chat system TEXT\` adds one of its own.`
              : t`This conversation's system prompt, which follows the host's
                own:\n\n${quoted(system)}\n\n\`/chat system default\` drops it.`,
        };
        return;
      }
      if (!isOperator && isForOperators(settings.of(workspace), "system")) {
        throw new UserError(t`🔒 Only operators may set a system prompt here. Nothing was changed.`);
      }
      const system = text.toLowerCase() === DEFAULT ? null : text;
      await sessions.change(
        conversation,
        (before) =>
          before.system === system ? before : { ...before, system, ...(!isDirect && { systemNews: user.name }) },
        (before, after) =>
          audit.writesOf(invocation, "prompt", {
            what: "system prompt",
            ...(before.system !== null && { before: phrase`one of its own`.english }),
            after: recordedValue(before.system, after.system).english,
          }),
      );
      yield {
        markdown:
          system === null
            ? t`From the next answer on, only the host's own system prompt applies here.`
            : t`From the next answer on, this system prompt is added to the host's own:\n\n${quoted(system)}`,
      };
    },
  });

const quoted = (text: string) => `> ${text.replaceAll("\n", "\n> ")}`;
