// Prints a software bill of materials (CycloneDX JSON) of what is shipped: `npm run --silent sbom > sbom.json`.
// `npm sbom` alone would take the bundled libraries for tools of the developers.
import { execFileSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { shippedPackages } from "./shipped-packages.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"];
const npm = process.env.npm_execpath;
const [command, first] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
const bom = JSON.parse(execFileSync(command, [...first, ...words], { cwd: root, encoding: "utf8", maxBuffer: 1e8 }));

const shipped = new Map(shippedPackages().map((entry) => [entry.id, entry]));
const own = bom.metadata.component["bom-ref"];
const components = bom.components.filter((component) => shipped.has(component["bom-ref"]));
const refs = new Set([own, ...components.map((component) => component["bom-ref"])]);
const isForDevelopment = ({ name }) => name === "cdx:npm:package:development";

bom.metadata.component.name = own.replace(/@[^@]*$/, "");
bom.metadata.component.type = "application";
bom.components = components.map((component) => ({
  ...component,
  scope: "required",
  properties: component.properties?.filter((property) => !isForDevelopment(property)),
}));
bom.dependencies = bom.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
console.log(JSON.stringify(bom, null, 2));
