/** What takes no room on a screen, or turns the direction of what follows. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A person's or file's name from outside, in one line of up to `maxChars` visible characters; `nobody` if none is left. */
export function cleanName(name: string, maxChars: number, nobody: string): string {
  const line = [...name.replace(/\s+/g, " ").replace(UNSEEN, "").trim()];
  const short = line.length <= maxChars ? line : [...line.slice(0, maxChars - 1), "…"];
  return short.join("") || nobody;
}

/** Longest name of a person that a model is told, in characters. */
const MAX_SPEAKER_CHARS = 64;

/** A person's name as a model is told it. */
export const speakerName = (name: string): string => cleanName(name, MAX_SPEAKER_CHARS, "Somebody");
