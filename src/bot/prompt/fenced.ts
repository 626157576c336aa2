/** A text file as a model reads it: named, between fences that nothing in it can close. */
export function fenced(name: string, text: string): string {
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
  const fence = "`".repeat(Math.max(3, longest + 1));
  const ending = text === "" || text.endsWith("\n") ? "" : "\n";
  return `Attached file ${named(name)}:\n${fence}${languageOf(name)}\n${text}${ending}${fence}`;
}

/** A file's name inside a sentence. */
export const named = (name: string): string => `"${name.replaceAll('"', "'")}"`;

/** Models know the usual endings as names of languages. */
const languageOf = (name: string) => /\.([a-z][a-z0-9+#-]{0,11})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
