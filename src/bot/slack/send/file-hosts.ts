import { isLoopbackHost } from "../../../base/variables.js";

/** Where Slack keeps files: the only place besides its API that ever sees the bot token. */
const FILE_HOST = "files.slack.com";

/**
 * Whether a file's address is Slack's own: https on files.slack.com. Where the API's base is another one, a stand-in
 * for Slack, its origin counts as well, by whichever name of loopback.
 */
export function isFileAddress(address: string, apiUrl: string | undefined): boolean {
  const url = parsed(address);
  if (url === undefined || url.username !== "" || url.password !== "") return false;
  if (url.protocol === "https:" && url.host === FILE_HOST) return true;
  const api = parsed(apiUrl ?? "");
  if (api === undefined) return false;
  const areBothHere = isHere(api) && isHere(url) && api.protocol === url.protocol && api.port === url.port;
  return url.origin === api.origin || areBothHere;
}

const isHere = ({ hostname }: URL) => isLoopbackHost(hostname.replace(/^\[|\]$/g, ""));

function parsed(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined; // no address: refused by the caller
  }
}
