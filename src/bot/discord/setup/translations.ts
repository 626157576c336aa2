/**
 * Descriptions of commands and options, and names of choices, in other languages: by Discord's locale ("de", "pt-BR"), then
 * by the English text as it stands in the registry. Discord shows the English one wherever there is none. Commands
 * themselves are called the same everywhere, as the documentation and other platforms name them.
 */
export type Translations = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What is translated so far: a language is one more entry here. */
export const TRANSLATIONS: Translations = {};

/** A text in every language that has it, each cut to what Discord takes; undefined where none has. */
export function localized(
  text: string,
  translations: Translations,
  cut: (text: string) => string,
): Readonly<Record<string, string>> | undefined {
  const found = Object.entries(translations).flatMap(([locale, texts]) => {
    const translated = texts[text];
    return translated === undefined || translated === "" ? [] : [[locale, cut(translated)] as const];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}
