import { z } from "zod";

const envelopeSchema = z.looseObject({ type: z.string(), envelope_id: z.string(), payload: z.looseObject({}) });
const disconnectSchema = z.looseObject({ type: z.literal("disconnect"), reason: z.string().optional() });
const helloSchema = z.looseObject({ type: z.literal("hello") });

/** A frame of the Socket Mode connection. */
export type Frame =
  | { readonly kind: "hello" }
  /** Slack asks to move to another connection; this one goes on for a little while. */
  | { readonly kind: "disconnect"; readonly reason: string }
  | { readonly kind: "envelope"; readonly id: string; readonly payload: unknown };

/** Undefined for everything that is no frame of Slack's: the stock client would end the process over some of them. */
export function readFrame(data: unknown): Frame | undefined {
  if (typeof data !== "string") return undefined;
  const value = parsed(data);
  if (helloSchema.safeParse(value).success) return { kind: "hello" };
  const disconnect = disconnectSchema.safeParse(value);
  if (disconnect.success) return { kind: "disconnect", reason: disconnect.data.reason ?? "unknown" };
  const envelope = envelopeSchema.safeParse(value);
  return envelope.success
    ? { kind: "envelope", id: envelope.data.envelope_id, payload: envelope.data.payload }
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: the caller drops the frame, and Slack repeats what was not acknowledged
  }
}
