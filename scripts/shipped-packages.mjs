// What goes along with the bot: the libraries inside its build, and those that an install of its package adds.
import { readFileSync } from "node:fs";

const read = (path) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), "utf8"));

/**
 * Returns the shipped packages of the build in dist/, sorted by name.
 * @returns {{ id: string, name: string, version: string, license: string, isBundled: boolean }[]} `id` is
 * `name@version`; `license` is an SPDX expression
 */
export function shippedPackages() {
  const bundled = new Set(read("dist/bundled.json"));
  const { packages } = read("package-lock.json");
  const shipped = new Map();
  for (const [path, { name: alias, version, license = "unknown", dev, link }] of Object.entries(packages)) {
    const name = alias ?? path.split("node_modules/").at(-1);
    const id = `${name}@${version}`;
    const isBundled = bundled.has(id);
    if (path === "" || link === true || !path.includes("node_modules/") || (dev === true && !isBundled)) continue;
    shipped.set(id, { id, name, version, license: String(license).replace(/^\((.*)\)$/, "$1"), isBundled });
  }
  return [...shipped.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
