// `npm run bench [-- NAME …]`: runs the named benchmarks, all when none is named; each prints JSON lines.
import { readdirSync } from "node:fs";

const here = new URL(".", import.meta.url);
const known = readdirSync(here)
  .filter((file) => file.endsWith(".bench.mjs"))
  .map((file) => file.replace(/\.bench\.mjs$/, ""));
const wanted = process.argv.slice(2).length > 0 ? process.argv.slice(2) : known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark named ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  process.exit(2);
}
for (const name of wanted) {
  const { run } = await import(new URL(`${name}.bench.mjs`, here).href);
  await run((line) => console.log(JSON.stringify({ bench: name, ...line })));
}
