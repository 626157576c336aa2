import { askForToken, credentials, takeTokenFromAddress } from "./token.js";

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
  const headers = { ...credentials(), ...(body !== undefined && { "content-type": "application/json" }) };
  const request = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  let response;
  try {
    response = await fetch(path, request);
  } catch {
    throw new Error("The bot cannot be reached. Try again in a moment.");
  }
  if (response.status === 401) askForToken();
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The bot answered with status ${response.status}.`);
  return answer;
}

/**
 * A file of the bot's: a plain link could not carry the token.
 * @param {string} path
 */
export async function callForFile(path) {
  const response = await fetch(path, { headers: credentials() });
  if (!response.ok) throw new Error(`The bot answered with status ${response.status}.`);
  return response.blob();
}

/** This tab's own id, so that replies to its commands come to it alone. */
export function clientId() {
  const kept = sessionStorage.getItem("client");
  if (kept !== null) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem("client", id);
  return id;
}
