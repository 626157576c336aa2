import type { Clock } from "../base/clock.js";
import { ProviderError, type ProviderErrorReason, type ProviderId } from "../providers/provider.js";

/** Failures in a row that open the circuit, and in which time. */
const MOST_FAILURES = 5;
const WITHIN_MS = 60_000;
/** How long an open circuit refuses before it lets one try through. */
const PROBE_AFTER_MS = 15_000;

/** Failures that count towards an open breaker: a refusal (4xx) shows that the provider is reachable. */
const OUTAGES: readonly ProviderErrorReason[] = ["timeout", "network", "overloaded"];

export type Admission =
  | { readonly isOpen: false }
  /** `words`: the provider's own about its last failure. */
  | { readonly isOpen: true; readonly retryAfterMs: number; readonly words: string | undefined };

/** Keeps people from waiting for a provider that is down: one circuit per provider, in memory. */
export interface CircuitBreaker {
  /**
   * Whether a call may go out now. An open circuit lets one probe through every 15 s; its outcome decides for the
   * others, which are refused meanwhile.
   */
  admit(provider: ProviderId): Admission;
  /** The provider has answered, if only with a refusal of what was asked. */
  succeed(provider: ProviderId): void;
  /** What a call threw; anything that is no outage changes nothing. */
  fail(provider: ProviderId, error: unknown): void;
}

interface Circuit {
  /** When the failures in a row happened; the oldest first. */
  readonly failedAt: readonly number[];
  /** Closed where unset. */
  readonly probeAt?: number;
  readonly words: string | undefined;
}

/** Creates a circuit breaker. Those of libraries use the machine's clock, and block others for a probe's answer. */
export function createCircuitBreaker(clock: Pick<Clock, "now">): CircuitBreaker {
  const circuits = new Map<ProviderId, Circuit>();
  const succeed = (provider: ProviderId) => void circuits.delete(provider);
  return {
    admit(provider) {
      const circuit = circuits.get(provider);
      if (circuit?.probeAt === undefined) return { isOpen: false };
      const now = clock.now();
      if (now < circuit.probeAt) {
        return { isOpen: true, retryAfterMs: circuit.probeAt - now, words: circuit.words };
      }
      circuits.set(provider, { ...circuit, probeAt: now + PROBE_AFTER_MS });
      return { isOpen: false };
    },
    succeed,
    fail(provider, error) {
      if (!(error instanceof ProviderError)) return;
      if (!isOutage(error)) return isRefusal(error) ? succeed(provider) : undefined;
      const now = clock.now();
      const circuit = circuits.get(provider);
      const failedAt = [...(circuit?.failedAt ?? []), now].slice(-MOST_FAILURES);
      const isEnough = failedAt.length === MOST_FAILURES && now - (failedAt[0] ?? now) <= WITHIN_MS;
      const opens = isEnough || circuit?.probeAt !== undefined;
      circuits.set(provider, { failedAt, words: error.words, ...(opens && { probeAt: now + PROBE_AFTER_MS }) });
    },
  };
}

const isOutage = ({ reason, status = 0 }: ProviderError): boolean =>
  OUTAGES.includes(reason) || (reason === "http" && status >= 500);

const isRefusal = ({ status = 0 }: ProviderError): boolean => status >= 400 && status < 500;
