import type { ArgumentsOf, Options } from "./options.js";

/** `command` is what pressing it types: "/models use openai/gpt-5". */
export type Control =
  | { readonly label: string; readonly command: string }
  | { readonly label: string; readonly options: readonly { readonly label: string; readonly command: string }[] };

/** `alt` says what is in it, for who cannot see it. */
export interface ReplyFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly alt: string;
}

/** Platform-neutral: Markdown, controls, perhaps files. Times inside are written by `timeMark` of `time-mark.ts`. */
export interface Reply {
  readonly markdown: string;
  readonly controls?: readonly Control[];
  readonly files?: readonly ReplyFile[];
  /** Shown as richly as the platform can, and in place again after one of its controls was pressed: by this command. */
  readonly panel?: string;
  /** Says nothing that cannot be seen elsewhere: a door that shows the rest may leave it out. */
  readonly isQuiet?: true;
  /** The controls of the message that it was pressed on have served, and go. */
  readonly dropsControls?: true;
  /** What was asked for was refused or did not come about: for doors that show no text, as a reaction. */
  readonly isFailure?: true;
}

/** Who says it, and where. */
export interface Invocation {
  readonly platform: string;
  /** As settings know it: "playground:local", "discord:123". */
  readonly workspace: string;
  /** Key of the conversation that it acts on: platform:workspace:channel[:thread]. */
  readonly conversation: string;
  readonly user: { readonly id: string; readonly name: string };
  readonly isOperator: boolean;
  readonly isDirect: boolean;
  /** A guest of the workspace, or a stranger from a shared channel. */
  readonly isGuest: boolean;
  /** Whether the person has a role or belongs to a user group, by its id. Within 1 s and never rejects: unknown means no. */
  isInGroup(group: string): Promise<boolean>;
  /** Id of the public message whose control was pressed. */
  readonly on?: string;
  /** The platform can show a file to this person alone. */
  readonly canShowFiles: boolean;
}

export interface Choice {
  readonly label: string;
  readonly value: string;
}

export type Access = "anyone" | "operator";

export interface Command<O extends Options = Options> {
  /** "models status". */
  readonly path: string;
  readonly about: string;
  readonly access: Access;
  /** Where a workspace decides: asked instead of `access`, which then says the loosest. */
  accessFor?(invocation: Invocation): Access;
  /** Changes what others are answered there: for those alone who may chat there. */
  readonly isForChatters?: true;
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
