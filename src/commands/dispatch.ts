import pLimit from "p-limit";
import { AppError, UserError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { t } from "../languages/translate.js";
import { DamagedRowError } from "../store/store.js";
import type { Choice, Command, Invocation, Reply } from "./command.js";
import { findCommand } from "./grammar/find-command.js";
import { parseArguments } from "./grammar/parse.js";
import { code } from "./wording/markdown.js";

/** Slack shows so many while a person types; the other platforms cut them shorter. */
const MAX_CHOICES = 100;

export interface DispatcherDeps {
  readonly commands: readonly Command[];
  readonly log: Pick<Log, "warn" | "error">;
  /** Makes the reference that an apology and its log line share. */
  readonly newId: () => string;
  /** Why somebody may not chat there, as they read it; undefined where they may. Never rejects. */
  chatRefusal(invocation: Invocation): Promise<string | undefined>;
}

/** The one way to a command, whichever door it came through. */
export interface Dispatcher {
  readonly commands: readonly Command[];
  /** The command that a typed line names, if any. */
  find(text: string): Command | undefined;
  /** Each reply replaces the last. Never throws: failures come as a reply. */
  run(text: string, invocation: Invocation): AsyncGenerator<Reply>;
  /** Who sees its replies; what is no command is answered for its author only. */
  visibilityOf(text: string): Command["visibility"];
  /** Autocomplete of one option, from memory. Never throws. */
  suggest(text: string, option: string, typed: string, invocation: Invocation): readonly Choice[];
}

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const find = (text: string): Command | undefined => {
    try {
      return findCommand(deps.commands, text).command;
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  };
  const heavy = pLimit(1);
  return {
    commands: deps.commands,
    find,
    visibilityOf: (text) => find(text)?.visibility ?? "ephemeral",
    async *run(text, invocation) {
      try {
        const { command, rest } = findCommand(deps.commands, text);
        const refusal = await refusalOf(command, invocation, deps);
        if (refusal !== undefined) yield { markdown: t`${refusal} Nothing was changed.`, isFailure: true };
        else {
          const run = () => command.run(parseArguments(command, rest), invocation);
          if (command.isHeavy) yield* await heavy(() => allOf(run()));
          else yield* run();
        }
      } catch (error) {
        yield { markdown: failureText(error, find(text), deps), isFailure: true };
      }
    },
    suggest(text, option, typed, invocation) {
      const command = find(text);
      try {
        return command?.suggest?.(option, typed, invocation).slice(0, MAX_CHOICES) ?? [];
      } catch (error) {
        deps.log.warn({ error, command: command?.path, option }, "autocomplete failed");
        return [];
      }
    },
  };
}

async function allOf(replies: AsyncGenerator<Reply>): Promise<readonly Reply[]> {
  const all: Reply[] = [];
  for await (const reply of replies) all.push(reply);
  return all;
}

async function refusalOf(command: Command, invocation: Invocation, deps: DispatcherDeps): Promise<string | undefined> {
  if (invocation.isOperator) return undefined;
  if ((command.accessFor?.(invocation) ?? command.access) === "operator") {
    return t`🔒 Only operators may use ${code(`/${command.path}`)} here: those who manage this server or
        workspace, and those whom the bot's host names.`;
  }
  return command.isForChatters ? deps.chatRefusal(invocation) : undefined;
}

function failureText(error: unknown, command: Command | undefined, deps: DispatcherDeps): string {
  if (error instanceof UserError) return error.message;
  const id = deps.newId();
  const fields = { error, id, command: command?.path };
  if (error instanceof DamagedRowError) {
    deps.log.error(fields, "a stored row is damaged");
    return t`⚠️ The record of this conversation is damaged. ${code("/chat new")} starts a new one; other
        conversations are not affected. (Reference ${code(id)})`;
  }
  if (error instanceof AppError && error.code === "store") {
    deps.log.warn(fields, "the store failed during a command");
    return t`⚠️ That could not be saved or read just now, because the bot's storage did not answer. Please try
        again in a moment. (Reference ${code(id)})`;
  }
  deps.log.error(fields, "a command failed");
  return t`⚠️ Sorry, something went wrong on my side. If it happens again, tell the bot's host this reference:
      ${code(id)}`;
}
