import { UserError } from "../base/errors.js";
import { phrase, t } from "../languages/translate.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { patternOption, watchAccess, watchWords } from "./models-watch.js";
import { code } from "./wording/markdown.js";

const NONE = phrase`This channel has no watches. \`/models watch\` adds one.`;

export const modelsUnwatch = ({ watches, audit }: CommandDeps) =>
  defineCommand({
    path: "models unwatch",
    about: "End a watch of this channel; without a pattern, lists them as buttons",
    access: "anyone",
    accessFor: watchAccess,
    isForChatters: true,
    visibility: "ephemeral",
    options: { pattern: { ...patternOption, about: "the pattern that is watched", isSuggested: false } },
    async *run({ pattern }, invocation) {
      const { conversation } = invocation;
      const own = (await watches.channel(conversation)).value?.watches ?? [];
      if (own.length === 0) return yield { markdown: t(NONE) };
      if (pattern === undefined) {
        yield {
          markdown: t`Which watch of this channel should end?`,
          controls: own.map((watch) => ({
            label: `${watch.pattern} (${watch.kind})`,
            command: `/models unwatch ${watch.pattern}`,
          })),
        };
        return;
      }
      const ended = own.find((watch) => watch.pattern === pattern);
      if (ended === undefined) throw notWatched(pattern);
      const after = await watches.change(
        conversation,
        (before) => before && { ...before, watches: before.watches.filter((watch) => watch.pattern !== pattern) },
        audit.writesOf(invocation, "watch", { what: pattern, before: ended.kind }),
      );
      const left = after?.watches.map(watchWords) ?? [];
      const rest = left.length > 0 ? t` Still watched: ${left.join("; ")}.` : "";
      yield { markdown: t`🔕 ${code(pattern, 250)} is no longer watched here.${rest}` };
    },
  });

function notWatched(pattern: string): UserError {
  return new UserError(
    t`${code(pattern)} is not watched here. \`/models watches\` shows what is. Nothing was changed.`,
  );
}

export const modelsWatches = ({ watches }: CommandDeps) =>
  defineCommand({
    path: "models watches",
    about: "What this channel gets messages about",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, { conversation }) {
      const own = (await watches.channel(conversation)).value?.watches ?? [];
      yield {
        markdown:
          own.length === 0
            ? t(NONE)
            : [
                t`This channel gets messages about:`,
                ...own.map((watch) => t`- ${watchWords(watch)} (set by ${code(watch.by)})`),
              ].join("\n"),
      };
    },
  });
