/** How the replicas on one store share out the events of a platform that can tell each of them a part. */
export interface EventShares {
  /** How many shards there are. */
  readonly count: number;
  readonly replicas: readonly {
    /** The name of its machine. */
    readonly host: string;
    readonly isOwn: boolean;
    readonly shards: readonly number[];
  }[];
  /** How many events this replica has received since it started. */
  readonly received: number;
}

/** Says which replica has which shards: "shards 0–2 of 4 here, 3 on bot-2". */
export function sharesLine({ count, replicas }: Pick<EventShares, "count" | "replicas">): string {
  const [first = "no shards", ...rest] = replicas
    .filter(({ shards, isOwn }) => shards.length > 0 || isOwn)
    .map(({ host, isOwn, shards }) => ({ where: isOwn ? "here" : `on ${host}`, what: ranges(shards) }))
    .map(({ where, what }, index) => (index === 0 ? `shards ${what} of ${count} ${where}` : `${what} ${where}`));
  return [first, ...rest].join(", ");
}

/** "0–2, 5"; "none" where there are none. */
function ranges(numbers: readonly number[]): string {
  const parts: { from: number; to: number }[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = parts.at(-1);
    if (last?.to === number - 1) last.to = number;
    else parts.push({ from: number, to: number });
  }
  return parts.map(({ from, to }) => (from === to ? from : `${from}–${to}`)).join(", ") || "none";
}
