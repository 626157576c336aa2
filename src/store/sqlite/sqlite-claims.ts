import type { Connection } from "sqlite3";
import { hasEnded } from "../process-owner.js";
import type { Claim, ClaimResult, ClaimTerms } from "../store.js";

/** Epoch ms of the store's clock: `?1` where a test gives a time, else SQLite's own. */
const NOW = "cast(coalesce(?1, unixepoch('subsec') * 1000) as integer)";

/** A claim from further in the future was made before the clock was set back: it would hold for as long. */
const CLOCK_SLACK_MS = 60_000;

/** The fence begins with the time, so that it grows also where an old row was pruned. */
const TAKE = `
insert into claims (name, owner, fence, lease_until, claimed_at) values (?2, ?3, ${NOW}, ${NOW} + ?4, ${NOW})
on conflict (name) do update set owner = excluded.owner, fence = max(fence + 1, excluded.fence),
  lease_until = excluded.lease_until, claimed_at = excluded.claimed_at
where (lease_until <= excluded.claimed_at and claimed_at + iif(lease_until > 0, ?6, ?5) <= excluded.claimed_at)
  or claimed_at > excluded.claimed_at + ${CLOCK_SLACK_MS}
  or (?7 and owner = excluded.owner)
returning fence`;

const HOLDER = "select owner from claims where name = ?1 and lease_until > 0";

const UNTIL = "select max(lease_until, claimed_at + iif(lease_until > 0, ?3, ?2)) as until from claims where name = ?1";

const FREE =
  "update claims set lease_until = 0 where name = ?1 and owner = ?2 and fence = ?3 and lease_until > 0 returning fence";

const RENEW = `
update claims set lease_until = ${NOW} + ?2 where name = ?3 and owner = ?4 and fence = ?5 and lease_until > 0
  returning fence`;

/** Ends a claim's lease without settling it. */
const END = "update claims set lease_until = 1 where name = ?1 and owner = ?2 and lease_until > 1";

const MARK = `
insert into once (name, until_at) values (?2, ${NOW} + ?3)
on conflict (name) do update set until_at = excluded.until_at where until_at <= ${NOW}
returning name`;

/** All lapsed marks go with each hundredth new one: one by one each would cost a page, and an index to find it by. */
const PRUNE = `delete from once where until_at <= ${NOW}`;
const PRUNE_EVERY = 100;

/** Past any interval; the first claim of a name that was forgotten has a higher fence anyway. */
const FORGET_AFTER_MS = 30 * 86_400_000;

const FORGET = `delete from claims where max(lease_until, claimed_at) < ${NOW} - ${FORGET_AFTER_MS}`;

/** The steps of claims; the caller puts each into a transaction. */
export interface SqliteClaims {
  take(name: string, terms: ClaimTerms): ClaimResult;
  /** False when the claim is no longer its owner's. */
  free(claim: Claim): boolean;
  /** False when the claim is no longer its owner's. */
  renew(claim: Claim, ttlMs: number): boolean;
  /** False when the name was marked less than its time ago. */
  mark(name: string, forMs: number): boolean;
  /** Drops the names that nobody has claimed for long, and lapsed marks. */
  forget(): void;
}

export interface SqliteClaimsDeps {
  readonly connection: Connection;
  /** Tells this process from the others. */
  readonly owner: string;
  /** Null: SQLite's own clock. */
  readonly now: () => number | null;
}

export function createSqliteClaims({ connection, owner, now }: SqliteClaimsDeps): SqliteClaims {
  let marks = 0;
  return {
    take(name, { ttlMs, minIntervalMs = 0, minIntervalAfterLossMs = minIntervalMs, isReentrant = false }) {
      // A killed process never frees its claim; whoever starts next need not wait for the lease to run out.
      const holder = connection.all(HOLDER, name)[0]?.owner;
      if (typeof holder === "string" && holder !== owner && hasEnded(holder)) connection.all(END, name, holder);
      const [taken] = connection.all(
        TAKE,
        now(),
        name,
        owner,
        ttlMs,
        minIntervalMs,
        minIntervalAfterLossMs,
        Number(isReentrant),
      );
      if (taken !== undefined) return { held: true, claim: { name, owner, fence: Number(taken.fence) } };
      return {
        held: false,
        until: Number(connection.all(UNTIL, name, minIntervalMs, minIntervalAfterLossMs)[0]?.until),
      };
    },
    free: ({ name, owner, fence }) => connection.all(FREE, name, owner, fence).length > 0,
    renew: ({ name, owner, fence }, ttlMs) => connection.all(RENEW, now(), ttlMs, name, owner, fence).length > 0,
    mark(name, forMs) {
      if (connection.all(MARK, now(), name, forMs).length === 0) return false;
      marks += 1;
      if (marks % PRUNE_EVERY === 0) connection.all(PRUNE, now());
      return true;
    },
    forget() {
      connection.all(FORGET, now());
      connection.all(PRUNE, now());
    },
  };
}
