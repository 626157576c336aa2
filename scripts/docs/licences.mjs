/** Licences that a shipped package may have: all let a closed or open program contain it, with its notice. */
const ALLOWED = new Set(["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "OFL-1.1", "PSF-2.0"]);

/**
 * Returns docs/licences.md. Where a package offers several licences, one of them has to be allowed.
 * @param {readonly { name: string, license: string, isBundled: boolean }[]} packages
 * @throws {Error} when a package has no allowed licence
 */
export function licencesPage(packages) {
  const faults = packages.filter(({ license }) => !license.split(" OR ").some((id) => ALLOWED.has(id)));
  if (faults.length > 0) {
    const named = faults.map(({ name, license }) => `${name} (${license})`).join(", ");
    throw new Error(`These packages have a licence that scripts/docs/licences.mjs does not allow: ${named}`);
  }
  const licences = [...new Set(packages.map(({ license }) => license))].sort();
  const rows = licences.map((licence) => {
    const names = (isBundled) => {
      const found = packages.filter((each) => each.license === licence && each.isBundled === isBundled);
      return [...new Set(found.map(({ name }) => name))].join(", ") || "–";
    };
    return `| ${licence} | ${names(true)} | ${names(false)} |`;
  });
  return [
    "# Licences\n",
    "Evergreen has the [MIT licence](../LICENSE). This page lists the libraries that are shipped with it. It is written",
    "by `npm run generate`, which fails for a licence that is not allowed.\n",
    "- *Bundled* libraries are part of the build. Their licence texts are in `dist/THIRD-PARTY-LICENSES.txt`.",
    "- *Installed* libraries are downloaded by npm. Each one contains its licence.",
    "- `npm run --silent sbom > sbom.json` writes the versions as a software bill of materials (CycloneDX).\n",
    "| licence | bundled | installed |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
