// Writes what is made from the source: .env.example and pages of docs/. Prints the files that changed.
//   node scripts/generate.mjs [--check] [FILE…]    --check writes nothing, and exits with 1 where a file is out of date
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { envExample } from "#bot/base/config/env-example.js";
import { platformDefinitions } from "#bot/bot/registry.js";
import { createCommands } from "#bot/commands/registry.js";
import { createLanguages } from "#bot/languages/languages.js";
import { providerDefinitions } from "#bot/providers/registry.js";
import { commandsPage } from "./docs/commands.mjs";
import { configurationPage } from "./docs/configuration.mjs";
import { licencesPage } from "./docs/licences.mjs";
import { collectMessages, languageFile, messagesFile } from "./docs/messages.mjs";
import { textsPage } from "./docs/texts.mjs";
import { shippedPackages } from "./shipped-packages.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const declared = { providers: providerDefinitions, platforms: platformDefinitions };
/** Commands ask for the rest of what they depend on only when they are run. */
const deps = /** @type {import("../src/commands/command-deps.ts").CommandDeps} */ (
  /** @type {unknown} */ ({ setups: providerDefinitions.map(({ id }) => ({ id })), languages: createLanguages() })
);

/** @type {import("./docs/messages.d.mts").Messages | undefined} */
let collected;
function messages() {
  collected ??= collectMessages(join(root, "src"));
  return collected;
}

/** @type {Record<string, () => string>} */
const GENERATED = {
  ".env.example": () => envExample(declared),
  "docs/reference/commands.md": () => commandsPage(createCommands(deps)),
  "docs/reference/configuration.md": () => configurationPage(declared),
  "docs/licences.md": () => licencesPage(shippedPackages()),
  "docs/texts.md": () => textsPage(join(root, "src")),
  "docs/messages.json": () => messagesFile(messages()),
  ...Object.fromEntries(
    createLanguages(pathToFileURL(join(root, "src/languages/"))).translated.map(({ code }) => {
      const file = `src/languages/${code}.json`;
      return [file, () => languageFile(messages(), readFileSync(join(root, file), "utf8"))];
    }),
  ),
};

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // a file that is made for the first time
  }
}

const words = process.argv.slice(2);
const isCheck = words.includes("--check");
const wanted = words.filter((word) => word !== "--check");
for (const [name, make] of Object.entries(GENERATED)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const path = join(root, name);
  const text = make();
  if (read(path) === text) continue;
  if (isCheck) {
    console.error(`${name} is out of date: run \`npm run generate\` and commit it`);
    process.exitCode = 1;
    continue;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.error(`${name} was updated; commit it`);
}
