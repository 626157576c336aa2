import type { ProviderError } from "../provider.js";
import { type Asked, connectionError, plainError, refusalError } from "./provider-fault.js";

/** The part of their errors that both vendors' SDKs share. */
interface SdkError {
  readonly status?: unknown;
  readonly headers?: unknown;
  readonly error?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});

/** Translates whatever an SDK threw; abortion is the caller's to check first. */
export function sdkFault(error: unknown, asked: Asked): ProviderError {
  // What cannot be parsed: its text is a piece of the answer, so it is not kept.
  if (error instanceof SyntaxError) return plainError(asked.provider, "malformed");
  const { status, headers, error: body }: SdkError = fieldsOf(error);
  const isConnection = status === undefined && body === undefined;
  if (isConnection) return connectionError(error, asked);
  // OpenAI's SDK keeps the inner error, Anthropic's the whole body.
  const inner = fieldsOf(fieldsOf(body).error ?? body);
  const details = fieldsOf(inner.details);
  const codes = [inner.code, inner.type, details.error_code].filter((code) => typeof code === "string");
  // OpenRouter puts an HTTP status into the code of an error inside a stream.
  const streamed = Number(inner.code);
  const isStatus = Number.isInteger(streamed) && streamed >= 400 && streamed < 600;
  return refusalError(
    {
      status: typeof status === "number" ? status : isStatus ? streamed : serverFaultStatus(codes),
      codes,
      message: textOf(inner.message) ?? textOf(body) ?? bodyTextOf(error),
      headers: headers instanceof Headers ? headers : undefined,
    },
    asked,
  );
}

const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** The SDKs put a body that is no JSON behind the status: "502 <html>…". */
const bodyTextOf = (error: unknown) =>
  error instanceof Error ? error.message.replace(/^\d{3} /, "").replace(/^status code \(no body\)$/, "") : "";

/** Inside a stream there is no status; these types stand for 500. */
const serverFaultStatus = (codes: readonly string[]) =>
  codes.some((code) => /^(server_error|api_error|internal_server_error)$/.test(code)) ? 500 : undefined;
