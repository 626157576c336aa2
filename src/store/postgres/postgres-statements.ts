/** Raise it with every change that an older bot could not live with. */
export const SCHEMA_VERSION = 1;

/**
 * Names sort and compare by their bytes, whatever the language of the database. Values are text, not jsonb, which
 * refuses NUL and lone surrogates and would not give back what was stored letter by letter.
 */
export const SCHEMA = `
create table if not exists evergreen_rows
  (tbl text collate "C", key text collate "C", value text not null, primary key (tbl, key));
create table if not exists evergreen_claims
  (name text collate "C" primary key, owner text not null, fence bigint not null, lease_until bigint not null,
  claimed_at bigint not null);
create table if not exists evergreen_once (name text collate "C" primary key, until_at bigint not null);
create index if not exists evergreen_once_until on evergreen_once (until_at);
create table if not exists evergreen_schema (only_row boolean primary key default true check (only_row), version
  integer not null);
insert into evergreen_schema (version) values (${SCHEMA_VERSION}) on conflict do nothing;`;

export const ENCODING = "select current_setting('server_encoding') as encoding";
export const VERSION = "select version from evergreen_schema";

export const GET = "select value from evergreen_rows where tbl = $1 and key = $2";
export const GET_MANY = "select key, value from evergreen_rows where tbl = $1 and key = any($2::text[])";
export const SCAN = "select key, value from evergreen_rows where tbl = $1 and key ^@ $2";

/** Table, prefix, the first key past the page or null, most rows. */
export const SCAN_BACK = `
select key, value from evergreen_rows where tbl = $1 and key ^@ $2 and ($3::text is null or key < $3)
order by key desc limit $4`;

/** Epoch ms by the server's own clock, unless a test gives `$1`. */
const NOW = "coalesce($1::bigint, (extract(epoch from now()) * 1000)::bigint)";

/**
 * One statement that writes rows only where `gate` gives one, and tells whether it did. Its first three parameters
 * from `first` on are tables, keys and texts; null deletes. A row may stand there only once. `also`: what it does
 * besides.
 */
const gated = (gate: string, first: number, also = "") => `
with gate as (${gate}),${also}
gone as (delete from evergreen_rows as stored using unnest($${first}::text[], $${first + 1}::text[], $${
  first + 2
}::text[]) as given (tbl, key, value)
  where given.value is null and stored.tbl = given.tbl and stored.key = given.key and exists (select from gate)),
put as (insert into evergreen_rows (tbl, key, value)
  select tbl, key, value from unnest($${first}::text[], $${first + 1}::text[], $${first + 2}::text[]) as given
  (tbl, key, value)
  where value is not null and exists (select from gate)
  order by tbl, key
  on conflict (tbl, key) do update set value = excluded.value)
select exists (select from gate) as done`;

export const WRITE = gated("select 1", 1);

/** Now, name, until when from now; then the rows. */
export const WRITE_ONCE = gated(
  `insert into evergreen_once (name, until_at) values ($2, ${NOW} + $3::bigint)
  on conflict (name) do update set until_at = excluded.until_at where evergreen_once.until_at <= ${NOW}
  returning 1`,
  4,
);

/** Now. A few lapsed marks go after each new one, so that the table holds little more than the live ones. */
export const PRUNE = `
delete from evergreen_once where until_at <= ${NOW} and name in
  (select name from evergreen_once where until_at <= ${NOW} order by until_at limit 2 for update skip locked)`;

/** Table, key, text as it was read, text that it becomes; then the other rows. */
export const SWAP = gated(
  "update evergreen_rows set value = $4 where tbl = $1 and key = $2 and value = $3 returning 1",
  5,
);
/** Table, key, text as it was read; then the other rows. */
export const SWAP_AWAY = gated("delete from evergreen_rows where tbl = $1 and key = $2 and value = $3 returning 1", 4);
/** Table, key, text that it becomes; then the other rows. */
export const SWAP_IN = gated(
  "insert into evergreen_rows (tbl, key, value) values ($1, $2, $3) on conflict do nothing returning 1",
  4,
);
/** Table, key; then the other rows. */
export const SWAP_NOTHING = gated(
  "select 1 where not exists (select from evergreen_rows where tbl = $1 and key = $2)",
  3,
);

/**
 * Tables, keys and texts as they were read of rows that are there; tables, keys and texts of rows that are not, null
 * where they stay away; then the rows to write. Fails as a duplicate where another makes one of the missing rows.
 */
export const SWAP_MANY = gated(
  `select 1 from (select count(*) as count from (
    select from evergreen_rows as stored join unnest($1::text[], $2::text[], $3::text[]) as given (tbl, key, value)
      on stored.tbl = given.tbl and stored.key = given.key and stored.value = given.value
    order by stored.tbl, stored.key for update of stored) as held) as held
  where count = cardinality($3::text[]) and not exists (
    select from evergreen_rows as stored join unnest($4::text[], $5::text[]) as given (tbl, key)
      on stored.tbl = given.tbl and stored.key = given.key)`,
  7,
  `
made as (insert into evergreen_rows (tbl, key, value)
  select tbl, key, value from unnest($4::text[], $5::text[], $6::text[]) as given (tbl, key, value)
  where value is not null and exists (select from gate)
  order by tbl, key),`,
);

/** A claim from further in the future was made before the clock was set back: it would hold for as long. */
const CLOCK_SLACK_MS = 60_000;

/**
 * Now, name, owner, lease, intervals after a settled and after a lost claim, whether its owner may take it again. The
 * fence begins with the time, so that it grows also where an old row went.
 */
export const TAKE = `
insert into evergreen_claims as held (name, owner, fence, lease_until, claimed_at)
values ($2, $3, ${NOW}, ${NOW} + $4::bigint, ${NOW})
on conflict (name) do update set owner = excluded.owner, fence = greatest(held.fence + 1, excluded.fence),
  lease_until = excluded.lease_until, claimed_at = excluded.claimed_at
where (held.lease_until <= excluded.claimed_at
  and held.claimed_at + case when held.lease_until > 0 then $6::bigint else $5::bigint end <= excluded.claimed_at)
  or held.claimed_at > excluded.claimed_at + ${CLOCK_SLACK_MS}
  or ($7::boolean and held.owner = excluded.owner)
returning fence`;

/** Name, intervals after a settled and after a lost claim. */
export const UNTIL = `
select greatest(lease_until, claimed_at + case when lease_until > 0 then $3::bigint else $2::bigint end) as until,
  owner, fence
from evergreen_claims where name = $1`;

/** Name, owner, fence. Its lease is over, but it was never settled. */
export const END =
  "update evergreen_claims set lease_until = 1 where name = $1 and owner = $2 and fence = $3::bigint " +
  "and lease_until > 1";

/** Name, owner, fence; then the rows. */
export const COMMIT = gated(
  "update evergreen_claims set lease_until = 0 where name = $1 and owner = $2 and fence = $3::bigint " +
    "and lease_until > 0 returning 1",
  4,
);

/** Now, name, owner, fence, lease. */
export const RENEW = `update evergreen_claims set lease_until = ${NOW} + $5::bigint
where name = $2 and owner = $3 and fence = $4::bigint and lease_until > 0 returning 1`;

/** Past any interval; the first claim of a name that was forgotten has a higher fence anyway. */
const FORGET_AFTER_MS = 30 * 86_400_000;
/** Now. */
export const FORGET = `
delete from evergreen_claims where greatest(lease_until, claimed_at) < ${NOW} - ${FORGET_AFTER_MS}`;
