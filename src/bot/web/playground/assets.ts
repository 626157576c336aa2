import { assetRoutes } from "../http/assets.js";

/** Languages of code that the page colours; each is loaded when an answer first has it. */
const LANGUAGES =
  "bash c cpp csharp css diff dockerfile go graphql ini java javascript json kotlin lua makefile markdown php python ruby rust sql swift typescript xml yaml".split(
    " ",
  );

const highlighter = (name: string) => `@highlightjs/cdn-assets/es/${name}.min.js`;

/** The chat page and everything it loads, besides what all pages share. */
export const pageRoutes = assetRoutes({
  folder: new URL("./page/", import.meta.url),
  prefix: "/assets/",
  page: "/",
  vendor: {
    "/assets/vendor/markdown-it.mjs": "markdown-it/browser",
    "/assets/vendor/purify.mjs": "dompurify",
    "/assets/vendor/highlight/core.mjs": highlighter("core"),
    ...Object.fromEntries(
      LANGUAGES.map((name) => [`/assets/vendor/highlight/${name}.mjs`, highlighter(`languages/${name}`)]),
    ),
  },
});
