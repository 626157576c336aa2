// The libraries that a build contains, and the text of their licences, which has to go along with it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PACKAGE = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;
const LICENCE_FILE = /^(?:licen[sc]e|copying|notice)(?:[.-].*)?$/i;

/** Returns the folder of the package that a module belongs to; undefined for a module of the bot itself. */
export const packageFolder = (id) => PACKAGE.exec(id ?? "")?.[0];

function describe(folder) {
  const { name, version, license = "unknown", author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  const owner = typeof author === "string" ? author : author?.name;
  if (texts.length === 0) texts.push(`Licensed under ${license}${owner === undefined ? "" : ` by ${owner}`}.`);
  return { id: `${name}@${version}`, title: `${name} ${version} (${license})`, texts };
}

/**
 * Returns what lies beside a build: `bundled.json`, the bundled packages as `name@version`, and
 * `THIRD-PARTY-LICENSES.txt`, a section for each of them.
 * @param {readonly string[]} moduleIds paths of the modules that the build contains
 */
export function noticesOf(moduleIds) {
  const folders = new Set(moduleIds.map(packageFolder).filter((folder) => folder !== undefined));
  const packages = new Map([...folders].map(describe).map((entry) => [entry.id, entry]));
  const sorted = [...packages.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const sections = sorted.map(({ title, texts }) => [title, "-".repeat(title.length), ...texts].join("\n\n"));
  return {
    "bundled.json": `${JSON.stringify(sorted.map(({ id }) => id))}\n`,
    "THIRD-PARTY-LICENSES.txt": `Evergreen contains these libraries.\n\n${sections.join("\n\n\n")}\n`,
  };
}
