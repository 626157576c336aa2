import { ENGLISH, type Languages, languageName } from "../languages/languages.js";
import { inLanguage, t } from "../languages/translate.js";
import { audited } from "../refresh/audited-settings.js";
import type { WorkspaceSettings } from "../refresh/settings.js";
import { DEFAULT, defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

export const settingsLanguage = ({ settings, languages, audit }: CommandDeps) =>
  defineCommand({
    path: "settings language",
    about: "In which language the bot writes here; alone it shows which one",
    access: "operator",
    visibility: "ephemeral",
    options: {
      language: {
        kind: "choice",
        about: "the language, or default for English",
        values: [...choicesOf(languages), { value: DEFAULT, label: DEFAULT, isAside: true }],
      },
    },
    async *run({ language: chosen }, invocation) {
      const { workspace } = invocation;
      if (chosen === undefined) {
        yield { markdown: languageLine(settings.of(workspace), languages) };
        return;
      }
      const after = await settings.change(
        workspace,
        ({ language: _before, ...rest }) => (chosen === DEFAULT ? rest : { ...rest, language: chosen }),
        audited(audit, invocation),
      );
      yield inLanguage(languages.of(after.language), () => ({
        markdown: t`Saved. ${languageLine(after, languages)}. What models answer is up to them and to the question.`,
      }));
    },
  });

/** "de" is also understood as "Deutsch" and "German". */
const choicesOf = ({ translated }: Languages) => [
  { value: ENGLISH, label: languageName(ENGLISH, ENGLISH) },
  ...translated.map(({ code, name, englishName }) => ({ value: code, label: name, aliases: [englishName] })),
];

/** "Language: **Deutsch** (set in this workspace)". */
export function languageLine({ language }: WorkspaceSettings, languages: Languages): string {
  const name = languages.of(language)?.name ?? languageName(ENGLISH, ENGLISH);
  return language === undefined
    ? t`Language: **${name}** (the default)`
    : t`Language: **${name}** (set in this workspace)`;
}
