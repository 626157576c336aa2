import type { ProviderErrorReason } from "../provider.js";
import type { Refusal } from "./read-refusal.js";

type Rule = readonly [ProviderErrorReason, ...RegExp[]];

/**
 * What the vendors' own words and codes mean, the most telling first. They count for more than the status, which
 * gateways
 * choose as they like. "." never crosses a line, so that a pattern stays within one code or message.
 */
const RULES: readonly Rule[] = [
  ["unknown-model", /does not exist or (you|your|the) .{0,40}access/i],
  ["context-too-long", /request too large for|(reduce|shorten) (your|the) (message|prompt|input|length)/i],
  [
    "spend-cap",
    /insufficient_?(quota|balance|funds|credits?)|insufficient (account )?(balance|credits?|funds)/i,
    /billing_(error|hard|not)|billing hard limit|spend(ing)?[ _]?(limit|cap)|usage_limit_exceeded/i,
    /payment[ _]required|key limit exceeded/i,
    /(credit|account|token)[ _]balance|more credits|(used|run) (all|out of) .{0,30}credits|monthly included credits/i,
    /specified api usage limits|account .{0,20}(arrears|overdue)|余额不足|欠费/i,
  ],
  [
    "quota",
    /per[ -_]?(day|week|month)\b|(daily|weekly|monthly) .{0,30}(limit|quota|alloca|allowance)|\((RPD|TPD)\)/i,
    /PerDay|PerMonth|(limit|quota|allocation).{0,40}(for today|this month|24 hours)/i,
  ],
  [
    "out-of-memory",
    /(more|not enough|insufficient) (system |gpu |free |available )?v?(ram|memory)\b|out of (gpu )?memory|\bOOM\b/i,
    /cuda ?(error|malloc)|(unable|failed) to allocate/i,
  ],
  [
    "loading",
    /(loading|load) (the )?model|(model|server|weights) .{0,80}(loading|warming up|not ready|cold)|model_loading/i,
    /currently loading|(model|server) (is )?starting/i,
  ],
  [
    "no-access",
    /data policy|guardrail.*(restrict|endpoint|provider)|no (allowed providers|endpoints found)/i,
    /unsupported_(country|region)|(country|region|location|territory)\b.{0,40}\b(not|un)/i,
    /\b(not|unavailable|blocked|restricted) .{0,30}\b(country|region|location)/i,
    /(not|n.t) (have|got) (access|permission)|no access to|access (denied|to (the |this )?model)|model_access/i,
    /not (authorized|allowed|permitted|entitled|enabled|available) .{0,50}(plan|tier|account|organi[sz]ation|project)/i,
    /not (authorized|allowed|permitted|entitled) .{0,50}(subscription|key|team|model|resource)/i,
    /(key|team|plan|tier|account|user)\b.{0,40}not (allowed|permitted|authorized|included)|can only access models/i,
    /agree to .{0,40}terms|terms .{0,30}(accept|agree)|\bgated\b|must be verified|permission_?(denied|error)/i,
    /requires? .{0,40}(subscription|verification|upgrade|approval)|upgrade .{0,30}(plan|tier|account)/i,
  ],
  [
    "content-refused",
    /content[ _](policy|filter|management|moderation)|content_?(violation|filtered)|moderation|flagged/i,
    /responsible ?ai|safety (system|filter|reason|check|setting)|DataInspectionFailed|data_inspection/i,
    /(inappropriate|unsafe|prohibited|sensitive|objectionable) (content|input|words|material|information)/i,
    /violat\w+ .{0,60}(policy|policies|terms|guidelines)|usage polic(y|ies)|content exists risk|invalid_prompt/i,
    /prompt (was|has been) blocked|blocked .{0,30}(prompt|content|safety)|敏感/i,
  ],
  [
    "rate-limited",
    /rate[ _-]?limit|too[ _]many[ _]requests|(requests|tokens) per (min|minute|second)|\((TPM|RPM)\)|PerMinute/i,
    /resource_exhausted|slow[ _]down|throttl|concurren\w+ .{0,20}(limit|request)/i,
  ],
  [
    "overloaded",
    /overload|(at|over|no|insufficient) (available )?capacity|service[ _]unavailable|temporarily unavailable/i,
    /server (is )?(too |currently )?busy|busy right now|high (demand|load|traffic)|queue is full/i,
    /no (available|healthy) (server|worker|upstream|channel|instance)/i,
  ],
  [
    "not-for-chat",
    /not a chat model|only supported in v1\/responses|not supported in the v1\/chat|embedding model/i,
    /(does not|doesn.t|not) support (chat|generate|text generation)|is not (an? )?(chat|text|generative) model/i,
  ],
  [
    "unknown-model",
    /model_?not_?(found|exist|available)|(invalid|unknown|unrecognized|unsupported)[ _]?model|DeploymentNotFound/i,
    /no such model|models?\b.{0,220}\b(not (be )?(found|exist|known|recognized|registered|deployed|available))\b/i,
    /models?\b.{0,220}(n.t exist|no longer (available|supported))|model_decommissioned|not a valid model|try pulling/i,
    /models?\b.{0,220}(is|been) (deprecated|removed|retired|decommissioned|shut)|not found.{0,20}model/i,
    /deployment .{0,60}not exist|no models? (is )?loaded|^models?: \S+$/im,
  ],
  [
    "context-too-long",
    /context[ _-]?(length|window|size)|maximum (context|input|prompt|sequence|number of (input )?tokens)/i,
    /(prompt|input|conversation|message|request|text)s?\b.{0,60}(too (long|large|many)|exceed)/i,
    /too many (input )?tokens/i,
    /input length|reduce the length|max_?model_?len|n_ctx|num_ctx|string_above_max_length|payload too large/i,
    /exceed\w* .{0,40}(context|token limit|tokens? allowed|model limit)|tokens? .{0,30}exceeds?|request_too_large/i,
  ],
  [
    "auth",
    /(invalid|incorrect|missing|expired|revoked|wrong|bad|no)[ _-]+(the )?api[ _-]?key/i,
    /(invalid|incorrect|missing|expired|revoked|wrong|bad|no)[ _-]+(access[ _-]?token|credentials?)/i,
    /(invalid|incorrect|missing|expired|no)[ _-]+(bearer|auth)|api[ _-]?key.{0,30}(not valid|(in)?valid|incorrect)/i,
    /api[ _-]?key.{0,30}(expired|missing|not found|required|disabled|revoked)|didn.t provide an api key/i,
    /unauthori[sz]ed|unauthenticated|authentication|authorization (header|failed)|user not found|login fail/i,
  ],
  [
    "address",
    /unexpected endpoint|invalid url|(unknown|unsupported|no such) (request )?(url|endpoint|path|route|uri)/i,
    /(cannot|can.t) (POST|GET) |no route|method not allowed|page not found/i,
    /(endpoint|url|path|resource|route) .{0,80}not (be )?found/i,
  ],
];

const KEY_WORDS = /key|token|credential|auth|log.?in|signature/i;

/** A limit of requests per minute is over sooner; whoever has to wait longer has used a quota up. */
const LONGEST_RATE_LIMIT_MS = 60 * 60_000;

/** What may be the reason where a list was asked for; the others speak of a model or of what was asked of it. */
const OF_LISTS: ReadonlySet<ProviderErrorReason> = new Set([
  "spend-cap",
  "quota",
  "loading",
  "rate-limited",
  "overloaded",
  "auth",
  "address",
  "no-access",
]);

/**
 * Returns why a vendor refused: judged by its own words, and by its status only where they say nothing.
 * `hasListed`: whether its list came with the same key.
 */
export function reasonOf(refusal: Refusal, of: "list" | "chat", hasListed = false): ProviderErrorReason {
  const said = refusal.isWebPage ? undefined : reasonSaid(refusal, of);
  if (isKeyRefused(refusal, said)) {
    const isAboutKey = said === "auth" || (refusal.status === 401 && KEY_WORDS.test(refusal.said));
    return hasListed && !isAboutKey ? "no-access" : "auth";
  }
  const reason = said ?? byStatus(refusal, of);
  const isLong = (refusal.renewalMs ?? 0) > LONGEST_RATE_LIMIT_MS;
  return reason === "rate-limited" && isLong ? "quota" : reason;
}

function reasonSaid({ said, status }: Refusal, of: "list" | "chat"): ProviderErrorReason | undefined {
  const found = RULES.find(
    ([reason, ...patterns]) =>
      (of === "chat" || OF_LISTS.has(reason)) &&
      isPossible(reason, status) &&
      patterns.some((pattern) => pattern.test(said)),
  );
  return found?.[0];
}

/** False where the status leaves no room for what the words may mean by chance. */
function isPossible(reason: ProviderErrorReason, status = 0): boolean {
  if (reason === "address") return status < 400 || status === 404 || status === 405;
  if (reason === "context-too-long") return status !== 401 && status !== 403 && status !== 404;
  return true;
}

/** 401 and 403 are about the key unless the vendor names another reason. */
const isKeyRefused = ({ status, isWebPage }: Refusal, said: ProviderErrorReason | undefined): boolean =>
  said === "auth" || ((status === 401 || status === 403) && !isWebPage && said === undefined);

function byStatus({ status, isWebPage }: Refusal, of: "list" | "chat"): ProviderErrorReason {
  if (status === undefined) return isWebPage ? "address" : "http";
  if (status < 400 || status === 404 || status === 405) return "address";
  if (status === 402) return "spend-cap";
  if (status === 429) return "rate-limited";
  if (status === 503 || status === 529) return "overloaded";
  if (status === 413 && of === "chat") return "context-too-long";
  return status === 400 || status === 413 || status === 422 ? "bad-request" : "http";
}
