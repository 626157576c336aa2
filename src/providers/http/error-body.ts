/**
 * Brings an error's body into the one shape that the SDKs read, `{"error": {…}}`: Gemini wraps it in a list, Mistral
 * and vLLM leave the wrapper out, FastAPI servers say `detail`. Text that is no JSON stays as it is.
 */
export function normalErrorBody(text: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text; // the SDKs take it as plain text
  }
  const first: unknown = Array.isArray(body) ? body[0] : body;
  if (typeof first !== "object" || first === null) return JSON.stringify({ error: { message: text } });
  if ("error" in first) return JSON.stringify(first);
  const detail = "detail" in first ? { message: wordsOf(first.detail) } : {};
  return JSON.stringify({ error: { ...first, ...detail } });
}

const wordsOf = (detail: unknown) => (typeof detail === "string" ? detail : JSON.stringify(detail));
