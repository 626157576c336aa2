import type { BrowserContext, Page } from "playwright-core";

/** What a browser says when the bot is away, or still starting; everything else that it calls an error is one. */
const AWAY =
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|status of (401|404|409|503)/;

/** A page that notes in `faults` whatever no page of ours may do: throw, log an error, open a dialog, leave its origin. */
export async function openWatched(context: BrowserContext, url: string, faults: string[]): Promise<Page> {
  const page = await context.newPage();
  const { origin } = new URL(url);
  page.on("pageerror", (error) => faults.push(`threw ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`opened a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (line) => {
    if (line.type() === "error" && !AWAY.test(line.text())) faults.push(`logged ${line.text()}`);
  });
  page.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(`${origin}/`) && !/^(blob|data):/.test(address)) faults.push(`requested ${address}`);
  });
  await page.goto(url);
  return page;
}
