export interface Limit {
  readonly limit: number;
  readonly windowMs: number;
}

export interface Verdict {
  readonly isAllowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly retryAfter: number;
  readonly isGlobal: boolean;
}

/** Buckets as Discord keeps them: a window opens with its first call, and counts anew when it is over. */
export function createLimits(limits: { readonly messages: Limit; readonly reactions: Limit; readonly global: Limit }) {
  const windows = new Map<string, { readonly endsAt: number; count: number }>();

  const count = (key: string, { limit, windowMs }: Limit) => {
    const now = Date.now();
    let window = windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { endsAt: now + windowMs, count: 0 };
      windows.set(key, window);
    }
    window.count += 1;
    const resetAfter = (window.endsAt - now) / 1_000;
    return { isAllowed: window.count <= limit, remaining: Math.max(0, limit - window.count), resetAfter };
  };
  return {
    /** Counts a call; undefined for those that no limit of ours concerns. */
    take(method: string, path: string): Verdict {
      if (!/^\/(interactions|webhooks)\//.test(path)) {
        const overall = count("global", limits.global);
        if (!overall.isAllowed) {
          const headers = { "x-ratelimit-global": "true", "x-ratelimit-scope": "global" };
          return { isAllowed: false, headers, retryAfter: overall.resetAfter, isGlobal: true };
        }
      }
      const [, bucket, limit] = bucketOf(method, path, limits);
      if (limit === undefined) return { isAllowed: true, headers: {}, retryAfter: 0, isGlobal: false };
      const { isAllowed, remaining, resetAfter } = count(bucket, limit);
      const headers = {
        "x-ratelimit-limit": String(limit.limit),
        "x-ratelimit-remaining": String(remaining),
        "x-ratelimit-reset": String(Date.now() / 1_000 + resetAfter),
        "x-ratelimit-reset-after": String(resetAfter),
        "x-ratelimit-bucket": Buffer.from(bucket.split("@")[0] ?? "")
          .toString("hex")
          .slice(0, 32),
        ...(!isAllowed && { "x-ratelimit-scope": "user" }),
      };
      return { isAllowed, headers, retryAfter: resetAfter, isGlobal: false };
    },
  };
}

function bucketOf(method: string, path: string, limits: { messages: Limit; reactions: Limit }) {
  const channel = /^\/channels\/(\d+)\//.exec(path)?.[1];
  const token = /^\/webhooks\/\d+\/([^/]+)/.exec(path)?.[1];
  if (path.includes("/reactions/")) return ["", `reactions@${channel}`, limits.reactions] as const;
  if (channel !== undefined && method !== "GET") {
    const kind = path.endsWith("/typing") ? "typing" : `${method.toLowerCase()}-messages`;
    return ["", `${kind}@${channel}`, limits.messages] as const;
  }
  if (token !== undefined) return ["", `webhook@${token}`, limits.messages] as const;
  return ["", "", undefined] as const;
}
