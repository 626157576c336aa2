import { hostSections, type VariableSection } from "./host-variables.js";
import type { Variables } from "./variables.js";

const HEAD = `\
# Evergreen's settings. Copy this file to .env and uncomment what you need; everything has a default, so an empty .env
# starts the playground with the offline demo provider. Variables of the real environment win over this file.
# After a change: \`npm run doctor\` says what is configured and whether each key works.
# Written by \`npm run generate\` from the declarations in src/.
`;

const WIDTH = 118;

export interface DeclaredVariables {
  readonly providers: readonly { readonly variables: Variables }[];
  readonly platforms: readonly { readonly name: string; readonly variables: Variables }[];
}

/** Returns every variable, by section, in the order in which `.env.example` shows them. */
export const variableSections = ({ providers, platforms }: DeclaredVariables): readonly VariableSection[] => [
  {
    title: "Providers: one of them is enough, several work side by side",
    variables: Object.assign({}, ...providers.map(({ variables }) => variables)),
  },
  ...platforms.map(({ name, variables }) => ({ title: name, variables })),
  ...hostSections,
];

/** Returns the text of `.env.example`: every variable with what it means, commented out. */
export const envExample = (declared: DeclaredVariables): string =>
  [HEAD, ...variableSections(declared).map(sectionText)].join("\n");

function sectionText({ title, variables }: VariableSection): string {
  const rule = `# ── ${title} `.padEnd(WIDTH, "─");
  const entries = Object.entries(variables).map(
    ([name, { about, example = "..." }]) => `${wrapped(about)}\n# ${name}=${example}\n`,
  );
  return [rule, ...entries].join("\n");
}

/** The text as comment lines, as a sentence. */
function wrapped(about: string): string {
  const words = `${about.charAt(0).toUpperCase()}${about.slice(1)}.`.split(" ");
  const lines = [""];
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length <= WIDTH) lines[lines.length - 1] = line;
    else lines.push(` ${word}`);
  }
  return lines.map((line) => `#${line}`).join("\n");
}
