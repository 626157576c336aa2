import type { Door } from "../store/audit.js";

/** `command` is what pressing it types: "/models use openai/gpt-5". */
export type Control =
  | {
      readonly label: string;
      readonly command: string;
      /** The thread of this channel that it acts on, where that isn't the place that it stands in. */
      readonly thread?: string;
      /** One of the two that rate the answer above them; a platform may have a form of its own for those. */
      readonly rates?: "good" | "bad";
    }
  | { readonly label: string; readonly options: readonly { readonly label: string; readonly command: string }[] };

/** `alt` says what is in it, for who cannot see it. */
export interface ReplyFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly alt: string;
}

/** Platform-neutral: Markdown, controls, perhaps files. Times inside are written by `timeMark`. */
export interface Reply {
  readonly markdown: string;
  readonly controls?: readonly Control[];
  readonly files?: readonly ReplyFile[];
  /** Shown as richly as the platform can, and in place again after one of its controls was pressed: by this command. */
  readonly panel?: string;
  /** Repeats what can be seen elsewhere: a platform may leave it out. */
  readonly isQuiet?: true;
  /** Removes the controls of the message whose control was pressed. */
  readonly dropsControls?: true;
  /** The request was refused or failed: for surfaces that show no text, such as a reaction. */
  readonly isFailure?: true;
}

/** Who says it, and where. */
export interface Invocation {
  readonly platform: string;
  /** Key of the workspace in the settings: "playground:local", "discord:123". */
  readonly workspace: string;
  /** Key of the conversation that it acts on: platform:workspace:channel[:thread]. */
  readonly conversation: string;
  readonly user: { readonly id: string; readonly name: string };
  readonly isOperator: boolean;
  readonly isDirect: boolean;
  /** A guest of the workspace, or a stranger from a shared channel. */
  readonly isGuest: boolean;
  /**
   * Whether the person has a role or belongs to a user group, by its id. Within 1 s and never rejects: unknown means
   * no.
   */
  isInGroup(group: string): Promise<boolean>;
  /** How it was given. Default: "command". */
  readonly door?: Door;
  /** Id of the public message whose control was pressed. */
  readonly on?: string;
  /** Whether it was typed in a channel where each question begins a thread, in which there are no slash commands. */
  readonly isAboveThreads?: true;
  /** The platform can show a file to this person alone. */
  readonly canShowFiles: boolean;
}

export interface Choice {
  readonly label: string;
  readonly value: string;
}

export type CommandAccess = "anyone" | "operator";

export interface Command<O extends Options = Options> {
  /** "models status". */
  readonly path: string;
  readonly about: string;
  readonly access: CommandAccess;
  /** Where a workspace decides: used instead of `access`, which then names the loosest. */
  accessFor?(invocation: Invocation): CommandAccess;
  /** Shows or changes something of a conversation, or of its workspace's use: only for people who may chat there. */
  readonly isForChatters?: true;
  /** Takes so much work that one runs at a time. */
  readonly isHeavy?: true;
  /** Whether people may run it whom the bot does not answer. */
  readonly isForEveryone?: true;
  readonly visibility: "ephemeral" | "public";
  readonly options: O;
  /** Each reply replaces the last. @throws {UserError} with what to do instead */
  run(args: ArgumentsOf<O>, invocation: Invocation): AsyncGenerator<Reply>;
  /** Autocomplete: synchronous, from memory. */
  suggest?(option: string, typed: string, invocation: Invocation): readonly Choice[];
}

/** Keeps the types of a command's own options inside `run`. */
export function defineCommand<O extends Options>(command: Command<O>): Command {
  // Sound at the border: the parser makes the arguments from the same options.
  return command as unknown as Command;
}

/** One of a choice's values; case is ignored, and its label is understood too. */
interface ChoiceValue {
  readonly value: string;
  readonly label: string;
  readonly aliases?: readonly string[];
  /** Named in parentheses only, as the way back to the default. */
  readonly isAside?: boolean;
}

/** An argument of a command. Text is greedy only as the last option. */
export type Option = {
  readonly about: string;
  readonly isRequired?: boolean;
  /** People, roles or channels, which a platform may hand over by their ids only where it is asked to. */
  readonly takesMentions?: true;
} & (
  | { readonly kind: "flag" }
  | { readonly kind: "choice"; readonly values: readonly ChoiceValue[] }
  /** One word, as a provider; `isSuggested`: the command has autocomplete for it. `accepts`: which values it takes. */
  | {
      readonly kind: "word";
      readonly isSuggested?: boolean;
      readonly accepts?: (value: string) => boolean;
      readonly takes?: () => string;
      /** 200 when unset: longer than any model's or provider's name. */
      readonly maxChars?: number;
    }
  | { readonly kind: "text"; readonly maxChars: number; readonly isSuggested?: boolean }
);
export type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends { kind: "flag" } ? boolean : string;
export type ArgumentsOf<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { isRequired: true } ? ValueOf<O[K]> : ValueOf<O[K]> | undefined;
};

/** The value that removes what a workspace, provider or conversation has set for itself. */
export const DEFAULT = "default";
