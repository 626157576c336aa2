import { variableSections } from "#bot/base/config/env-example.js";

const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** What an unset variable is read as, where that is a value. */
function defaultOf({ schema, isSecret }) {
  const { data } = schema.safeParse(undefined);
  const isPlain = ["string", "number", "boolean"].includes(typeof data);
  return isSecret || !isPlain || data === "" ? "–" : `\`${cell(String(data))}\``;
}

const row = ([name, variable]) => {
  const example = variable.example === undefined ? "–" : `\`${cell(variable.example)}\``;
  return `| \`${name}\` | ${defaultOf(variable)} | ${example} | ${cell(sentence(variable.about))} |`;
};

/**
 * Returns docs/reference/configuration.md.
 * @param {import("../../src/base/config/env-example.ts").DeclaredVariables} declared
 */
export function configurationPage(declared) {
  const sections = variableSections(declared).map(({ title, variables }) =>
    [
      `## ${title}\n`,
      "| variable | default | example | meaning |",
      "|---|---|---|---|",
      ...Object.entries(variables).map(row),
      "",
    ].join("\n"),
  );
  return [
    "# Configuration\n",
    "Written from the definitions by `npm run generate`.\n",
    "1. Copy `.env.example` to `.env` and uncomment what you need. Everything has a default.",
    "2. Run `npm run doctor`. It checks each value, key and token.",
    "3. Start the bot again. Changes take effect at a start.\n",
    "- Variables of the real environment win over `.env`. An empty value counts as unset.",
    "- Booleans are `true` or `false` (also `on`/`off`, `1`/`0`).",
    "- A faulty value stops the start with exit code 2. All faults are printed at once, each with its fix.\n",
    ...sections,
  ].join("\n");
}
