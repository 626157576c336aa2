import { askForToken, credentials, takeTokenFromAddress } from "./token.js";
import { t } from "./translate.js";

takeTokenFromAddress();

/**
 * A request to the bot, and its JSON answer.
 * @template T
 * @param {string} path
 * @param {object} [body] sent as JSON
 * @param {string} [method] GET by default, with a body POST
 * @returns {Promise<T>}
 * @throws {Error} with the bot's own words where it refuses
 */
export async function call(path, body, method = body === undefined ? "GET" : "POST") {
  const response = await request(path, body, method);
  return response.json().catch(() => ({}));
}

/**
 * A request whose answer comes line by line, each of them JSON.
 * @param {string} path
 * @param {object} body
 * @returns {AsyncGenerator<unknown>}
 * @throws {Error} with the bot's own words where it refuses
 */
export async function* callForLines(path, body) {
  const { body: answer } = await request(path, body, "POST");
  const reader = answer?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
}

/** @type {(path: string, body: object | undefined, method: string) => Promise<Response>} */
async function request(path, body, method) {
  const headers = { ...credentials(), ...(body !== undefined && { "content-type": "application/json" }) };
  let response;
  try {
    response = await fetch(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  } catch {
    throw new Error(t`The bot cannot be reached. Try again in a moment.`);
  }
  if (response.status === 401) askForToken();
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw new Error(error ?? t`The bot answered with status ${response.status}.`);
}

/**
 * A file of the bot's: a plain link could not carry the token.
 * @param {string} path
 */
export async function callForFile(path) {
  const response = await fetch(path, { headers: credentials() });
  if (!response.ok) throw new Error(t`The bot answered with status ${response.status}.`);
  return response.blob();
}

/** Returns the id of this browser tab, so that replies to its commands come to it alone. */
export function clientId() {
  const kept = sessionStorage.getItem("client");
  if (kept !== null) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem("client", id);
  return id;
}
