import { localeInForce } from "../../../languages/translate.js";

export interface HtmlPage {
  readonly title: string;
  /** Addresses of the style sheets, in the order in which they apply. */
  readonly styles: readonly string[];
  /** Address of the module that runs the page; unset where it only says something. */
  readonly script?: string;
  /** Addresses of the modules that it imports: the browser loads them at once, not one after the other. */
  readonly preloads?: readonly string[];
  /** The HTML between the body's tags. */
  readonly body: string;
}

/** The skeleton of every page: nothing inline, as the content security policy allows only files of this server. */
export const pageHtml = ({ title, styles, script, preloads = [], body }: HtmlPage): string => `<!doctype html>
<html lang="${localeInForce()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/assets/shared/icon.svg" type="image/svg+xml">
<link rel="manifest" href="/assets/shared/manifest.webmanifest" crossorigin="use-credentials">
<meta name="theme-color" content="#1d6b47">
<script src="/assets/shared/first.js"></script>
${styles.map((href) => `<link rel="stylesheet" href="${href}">`).join("\n")}
${preloads.map((href) => `<link rel="modulepreload" href="${href}">`).join("\n")}
${script === undefined ? "" : `<script type="module" src="${script}"></script>`}
</head>
<body>
${body}</body>
</html>
`;
