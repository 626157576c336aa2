import { UserError } from "../base/errors.js";
import { fitsGlob } from "../base/text.js";
import { type Phrase, phrase, t } from "../languages/translate.js";
import { modelName } from "../refresh/choose/model-ref.js";
import { WATCH_KINDS, type Watch, type WatchKind } from "../refresh/watch/watch-rows.js";
import { defineCommand, type Invocation } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code } from "./wording/markdown.js";

const MAX_WATCHES = 20;
const MAX_PATTERN_CHARS = 233;

const isKind = (word: string): boolean => (WATCH_KINDS as readonly string[]).includes(word.toLowerCase());

export const patternOption = {
  kind: "word",
  about: "pattern for provider/model, like anthropic/claude-*",
  takes: () => t`a pattern for provider/model, like \`anthropic/claude-*\``,
  accepts: (value: string) => !isKind(value),
  maxChars: MAX_PATTERN_CHARS,
  isSuggested: true,
} as const;

const kindOption = {
  kind: "choice",
  about: "which changes; all by default",
  values: [
    { value: "new", label: "new models" },
    { value: "gone", label: "removed models" },
    { value: "price", label: "prices and context" },
    { value: "retire", label: "retirements" },
    { value: "all", label: "all changes" },
  ],
} as const;

/** Operators; in a direct message it is everybody's own. */
export const watchAccess = ({ isDirect }: Invocation) => (isDirect ? "anyone" : "operator");

export const modelsWatch = (deps: CommandDeps) =>
  defineCommand({
    path: "models watch",
    about: "Notify this channel when models are added, removed, changed or about to retire",
    access: "anyone",
    accessFor: watchAccess,
    isForChatters: true,
    visibility: "ephemeral",
    options: { pattern: patternOption, kind: kindOption },
    async *run({ pattern = "*", kind = "all" }, invocation) {
      const { conversation, isDirect, user } = invocation;
      const watch: Watch = { pattern, kind: kind as WatchKind, by: user.name, at: deps.clock.now() };
      await deps.watches.change(
        conversation,
        (before) => {
          const others = before?.watches.filter((one) => one.pattern !== pattern) ?? [];
          if (others.length >= MAX_WATCHES)
            throw new UserError(
              t`At most ${MAX_WATCHES} watches are allowed per channel. End one with \`/models unwatch\` first.`,
            );
          return { ...before, isDirect, watches: [...others, watch] };
        },
        deps.audit.writesOf(invocation, "watch", { what: pattern, after: kind }),
      );
      const names = [...deps.refresher.snapshot().providers].flatMap(([provider, { models }]) =>
        models.flatMap(({ id, isChat }) => (isChat ? modelName({ provider, model: id }) : [])),
      );
      const fitting = names.filter((name) => fitsGlob(pattern, name)).length;
      yield {
        markdown: [
          t`👁️ This channel gets a message about ${watchWords(watch)}: at most one an hour, without a notification.`,
          fitting > 0
            ? t`${fitting} of ${names.length} listed models match now.`
            : t`⚠️ No listed model matches now (patterns match ${code("provider/model")}).`,
        ].join("\n"),
        controls: [{ label: "Mute", command: `/models unwatch ${pattern}` }],
      };
    },
    suggest: (option, typed) =>
      option !== "pattern"
        ? []
        : ["*", ...deps.setups.map(({ id }) => `${id}/*`)]
            .filter((pattern) => pattern.includes(typed.trim().toLowerCase()))
            .map((pattern) => ({ label: pattern, value: pattern })),
  });

const KIND_WORDS: Readonly<Record<WatchKind, Phrase>> = {
  new: phrase`new models`,
  gone: phrase`models removed from their list`,
  price: phrase`changed prices and context windows`,
  retire: phrase`announced retirements`,
  all: phrase`all changes of models`,
};

/** "new models, matching `anthropic/*`". */
export const watchWords = ({ pattern, kind }: Watch): string =>
  pattern === "*" ? t(KIND_WORDS[kind]) : t`${KIND_WORDS[kind]}, matching ${code(pattern, MAX_PATTERN_CHARS)}`;
