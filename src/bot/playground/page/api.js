/** A request to the bot; what it refuses is thrown with its own words. */
export async function call(path, body) {
  const request =
    body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  let response;
  try {
    response = await fetch(path, request);
  } catch {
    throw new Error("The bot cannot be reached. Your text is still here; try again in a moment.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The bot answered with status ${response.status}.`);
  return answer;
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
