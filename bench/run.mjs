// `npm run bench [-- NAME … [--OPTION …]]`: runs the named benchmarks, all when none is named; each prints JSON lines.
// Options are left to the benchmark, which reads them itself.
import { readdirSync } from "node:fs";

const here = new URL(".", import.meta.url);
const known = readdirSync(here)
  .filter((file) => file.endsWith(".bench.mjs"))
  .map((file) => file.replace(/\.bench\.mjs$/, ""));
const named = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const wanted = named.length > 0 ? named : known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark named ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  process.exit(2);
}
for (const name of wanted) {
  const { run } = await import(new URL(`${name}.bench.mjs`, here).href);
  await run((line) => console.log(JSON.stringify({ bench: name, ...line })));
}
