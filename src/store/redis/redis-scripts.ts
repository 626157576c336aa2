import {
  type Claim,
  type ClaimTerms,
  checkKey,
  encodeRow,
  type Swap,
  type Table,
  type Write,
  writesOf,
} from "../store.js";

/** Everything of ours begins with it, so that a database can be shared with other programs. */
const PREFIX = "evergreen:";
/** The rows of a table; between it and a row's key stands a colon. */
export const tableName = (table: Table) => `${PREFIX}${table}`;
const rowName = (table: Table, key: string) => `${tableName(table)}:${key}`;
/** Sorted set of a table's keys: finding them in the keyspace would take as long as all of it is large. */
export const indexName = (table: Table) => `${PREFIX}keys-of-${table}`;
export const SCHEMA_NAME = `${PREFIX}schema`;

/**
 * What runs as one step: Redis runs nothing else meanwhile, and a script that may not write fails before its first
 * write.
 */
export interface Script {
  readonly text: string;
  readonly keys: string[];
  readonly arguments: string[];
}

/** Epoch ms by Redis' own clock, unless a test gives a time. */
const NOW = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local function digits(number) return string.format('%.0f', number) end
`;

/** Writes the rows whose names begin at KEYS[key], and whose keys and texts at ARGV[arg]; an empty text deletes. */
const WRITE = `
local function write(key, arg)
  while KEYS[key] do
    if ARGV[arg + 1] == '' then
      redis.call('DEL', KEYS[key])
      redis.call('ZREM', KEYS[key + 1], ARGV[arg])
    else
      redis.call('SET', KEYS[key], ARGV[arg + 1])
      redis.call('ZADD', KEYS[key + 1], 0, ARGV[arg])
    end
    key = key + 2
    arg = arg + 2
  end
  return 1
end
`;

const namesOf = (writes: readonly Write[]) =>
  writes.flatMap(({ table, key }) => [rowName(table, checkKey(key)), indexName(table)]);
const textsOf = (writes: readonly Write[]) =>
  writes.flatMap(({ key, value }) => [key, value === undefined ? "" : encodeRow(value)]);

export const writeScript = (writes: readonly Write[]): Script => ({
  text: `${WRITE} return write(1, 1)`,
  keys: namesOf(writes),
  arguments: textsOf(writes),
});

/** The rows come first among the writes, each after its text as it was read; empty: not there. */
export const swapScript = (rows: readonly Swap[], writes: readonly Write[]): Script => ({
  text: `${WRITE}
local rows = tonumber(ARGV[1])
for row = 1, rows do
  if (redis.call('GET', KEYS[2 * row - 1]) or '') ~= ARGV[1 + row] then return 0 end
end
return write(1, 2 + rows)`,
  keys: namesOf([...writesOf(rows), ...writes]),
  arguments: [
    String(rows.length),
    ...rows.map(({ before }) => (before === undefined ? "" : encodeRow(before))),
    ...textsOf([...writesOf(rows), ...writes]),
  ],
});

/**
 * Our own times decide; Redis' expiry only clears away, later than that, also when the clocks of a test stand still.
 */
const EXPIRY_SLACK_MS = 60_000;

export const onceScript = (now: string, name: string, forMs: number, writes: readonly Write[]): Script => ({
  text: `${NOW}${WRITE}
if tonumber(redis.call('GET', KEYS[1]) or 0) > now then return 0 end
redis.call('SET', KEYS[1], digits(now + ARGV[2]), 'PX', ARGV[3])
return write(2, 4)`,
  keys: [`${PREFIX}once:${name}`, ...namesOf(writes)],
  arguments: [now, whole(forMs), whole(forMs + EXPIRY_SLACK_MS), ...textsOf(writes)],
});

/** Keys of a table from `first` to `last`, as ZRANGEBYLEX takes them. */
export interface Range {
  readonly first: string;
  readonly last: string | Buffer;
  readonly limit: number;
  /** The last rows instead of the first ones, the last one first. */
  readonly isBackwards?: boolean;
}

export const startOf = (prefix: string): string => (prefix === "" ? "-" : `[${prefix}`);
/** No UTF-8 text sorts behind the byte ff. */
export const endOf = (prefix: string): string | Buffer =>
  prefix === "" ? "+" : Buffer.concat([Buffer.from(`(${prefix}`), Buffer.from([0xff])]);

/** Gives keys and texts in one step. */
export const rangeScript = (table: Table, { first, last, limit, isBackwards = false }: Range) => ({
  text: `
local keys
if ARGV[5] == '1' then keys = redis.call('ZREVRANGEBYLEX', KEYS[1], ARGV[2], ARGV[1], 'LIMIT', 0, ARGV[3])
else keys = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3]) end
if #keys == 0 then return {keys, {}} end
local names = {}
for at, key in ipairs(keys) do names[at] = ARGV[4] .. key end
return {keys, redis.call('MGET', unpack(names))}`,
  keys: [indexName(table)],
  arguments: [first, last, String(limit), `${tableName(table)}:`, isBackwards ? "1" : "0"],
});

/** A claim from further in the future was made before the clock was set back: it would hold for as long. */
const CLOCK_SLACK_MS = 60_000;
/** Past any interval; the first claim of a name that was forgotten has a higher fence anyway. */
const FORGET_AFTER_MS = 30 * 86_400_000;

const claimName = (name: string) => `${PREFIX}claim:${name}`;

/**
 * Gives whether it was taken, until when it was not free or not due, and the fence and the owner of the claim that
 * there is now. The fence begins with the time.
 */
export const claimScript = (
  now: string,
  name: string,
  owner: string,
  { ttlMs, minIntervalMs = 0, minIntervalAfterLossMs = minIntervalMs, isReentrant = false }: ClaimTerms,
): Script => ({
  text: `${NOW}
local last = redis.call('HMGET', KEYS[1], 'fence', 'lease_until', 'claimed_at', 'owner')
local fence, lease, claimed = tonumber(last[1] or 0), tonumber(last[2] or 0), tonumber(last[3] or 0)
local free = math.max(lease, claimed + ARGV[lease > 0 and 5 or 4])
local ours = ARGV[6] == '1' and last[4] == ARGV[2]
if free > now and claimed <= now + ${CLOCK_SLACK_MS} and not ours then return {0, free, fence, last[4]} end
fence = math.max(fence + 1, now)
redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'fence', digits(fence),
  'lease_until', digits(now + ARGV[3]), 'claimed_at', digits(now))
redis.call('PEXPIRE', KEYS[1], digits(ARGV[3] + ${FORGET_AFTER_MS}))
return {1, free, fence, ARGV[2]}`,
  keys: [claimName(name)],
  arguments: [now, owner, whole(ttlMs), whole(minIntervalMs), whole(minIntervalAfterLossMs), isReentrant ? "1" : "0"],
});

/** Ends a claim's lease without settling it. */
export const endScript = ({ name, owner, fence }: Claim): Script => ({
  text: `
local last = redis.call('HMGET', KEYS[1], 'owner', 'fence', 'lease_until')
if last[1] == ARGV[1] and last[2] == ARGV[2] and last[3] ~= '0' then
  redis.call('HSET', KEYS[1], 'lease_until', '1')
end`,
  keys: [claimName(name)],
  arguments: [owner, String(fence)],
});

export const commitScript = (name: string, owner: string, fence: number, writes: readonly Write[]): Script => ({
  text: `${WRITE}
local last = redis.call('HMGET', KEYS[1], 'owner', 'fence', 'lease_until')
if last[1] ~= ARGV[1] or last[2] ~= ARGV[2] or last[3] == '0' then return 0 end
redis.call('HSET', KEYS[1], 'lease_until', '0')
return write(2, 3)`,
  keys: [claimName(name), ...namesOf(writes)],
  arguments: [owner, String(fence), ...textsOf(writes)],
});

export const renewScript = (now: string, { name, owner, fence }: Claim, ttlMs: number): Script => ({
  text: `${NOW}
local last = redis.call('HMGET', KEYS[1], 'owner', 'fence', 'lease_until')
if last[1] ~= ARGV[2] or last[2] ~= ARGV[3] or last[3] == '0' then return 0 end
redis.call('HSET', KEYS[1], 'lease_until', digits(now + ARGV[4]))
return 1`,
  keys: [claimName(name)],
  arguments: [now, owner, String(fence), whole(ttlMs)],
});

/** A part of a millisecond more protects no less. */
const whole = (ms: number) => String(Math.ceil(ms));
