import { isLoopbackHost } from "../../../base/config/variables.js";

/** Slack's file host: besides its API, the only host that gets the bot token. */
const FILE_HOST = "files.slack.com";
/** Where Slack takes replies to commands and presses; the second is GovSlack's. */
const RESPONSE_HOSTS = ["hooks.slack.com", "hooks.slack-gov.com"];

/** True for Slack's own file addresses, and the origin of a stand-in for Slack's API, under any name of loopback. */
export function isFileAddress(address: string, apiUrl: string | undefined): boolean {
  const url = plainUrl(address);
  if (url === undefined) return false;
  if (url.protocol === "https:" && url.host === FILE_HOST) return true;
  const api = apiUrl === undefined ? undefined : plainUrl(apiUrl);
  if (api === undefined) return false;
  const areBothLocal = isLocal(api) && isLocal(url) && api.protocol === url.protocol && api.port === url.port;
  return url.origin === api.origin || areBothLocal;
}

/**
 * True for an address that takes replies to a command: Slack's own, or the host of a stand-in for Slack's API, on any
 * port. Replies hold what one person may read, and a payload must not send them elsewhere.
 */
export function isResponseAddress(address: string, apiUrl: string | undefined): boolean {
  const url = plainUrl(address);
  if (url === undefined || !/^https?:$/.test(url.protocol)) return false;
  const api = apiUrl === undefined ? undefined : plainUrl(apiUrl);
  if (api !== undefined && (url.hostname === api.hostname || (isLocal(url) && isLocal(api)))) return true;
  return url.protocol === "https:" && url.port === "" && RESPONSE_HOSTS.includes(url.hostname);
}

/** Undefined for what is no URL, and for one that holds a user name or a password. */
function plainUrl(address: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return url.username === "" && url.password === "" ? url : undefined;
}

const isLocal = ({ hostname }: URL) => isLoopbackHost(hostname.replace(/^\[|\]$/g, ""));
