import { closestTo, editDistance } from "../edit-distance.js";

/** Most typing errors that still make a variable's name a likely mistake: DATABASE_URL is not XAI_BASE_URL. */
const MOST_TYPING_ERRORS = 2;

/** How other programs end the names of what is called X_API_KEY and X_BASE_URL here. */
const OTHER_ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/_(API_?)?(KEY|TOKEN|SECRET)$/, "_API_KEY"],
  [/_(API_)?(BASE|URL|HOST|ENDPOINT|BASE_URL|BASEURL)$/, "_BASE_URL"],
];

/**
 * Returns the known variable that an unknown one was probably meant to be: a typing error away, or, of those that are
 * not set, with a word more or less or with another program's ending. Undefined where there is none, as for most of an
 * environment.
 */
export function meantVariable(
  name: string,
  known: readonly string[],
  isSet: (known: string) => boolean,
): string | undefined {
  const [closest] = closestTo(name, known, { most: 1 });
  const isTypingError =
    closest !== undefined && editDistance(name.toUpperCase(), closest, MOST_TYPING_ERRORS) <= MOST_TYPING_ERRORS;
  if (isTypingError) return closest;
  const unset = known.filter((each) => !isSet(each));
  return unset.find((each) => differsByAWord(name, each)) ?? otherEnding(name, unset);
}

/** DISCORD_BOT_TOKEN and DISCORD_TOKEN, OPENAI_KEY and OPENAI_API_KEY: the first word and the last are the same. */
function differsByAWord(a: string, b: string): boolean {
  const [longer, shorter] = [a.toUpperCase().split("_"), b.toUpperCase().split("_")].sort(
    (one, other) => other.length - one.length,
  ) as [string[], string[]];
  if (longer.length - shorter.length !== 1 || shorter.length < 2) return false;
  if (longer[0] !== shorter[0] || longer.at(-1) !== shorter.at(-1)) return false;
  return longer.some((_word, without) => longer.filter((_each, at) => at !== without).join("_") === shorter.join("_"));
}

function otherEnding(name: string, known: readonly string[]): string | undefined {
  for (const [ending, ours] of OTHER_ENDINGS) {
    const meant = name.toUpperCase().replace(ending, ours);
    if (meant !== name && known.includes(meant)) return meant;
  }
  return undefined;
}
