import type { ProviderErrorReason } from "../provider.js";
import type { Refusal } from "./read-refusal.js";

type Rule = readonly [ProviderErrorReason, ...RegExp[]];

/**
 * What the vendors' own words and codes mean, the most telling first. They count for more than the status, which
 * gateways choose as they like. "." never crosses a line, so that a pattern stays within one code or message.
 */
const RULES: readonly Rule[] = [
  [
    "unknown-model",
    /does not exist or (you|your|the) .{0,40}access/i,
    /model (id(entifier)? .{0,40}invalid|version .{0,40}end of (its )?life)/i,
  ],
  ["context-too-long", /request too large for (?!system)|reduce your message size/i],
  [
    "auth",
    /(invalid|incorrect|wrong|expired|revoked|leaked)[ _-]+(the )?(api|subscription)[ _-]?key/i,
    /key.{0,30}(reported as leaked|(is|was) (invalid|incorrect|disabled|revoked|expired))|\bAPI_?KEY_?INVALID\b/i,
    /(令牌|密钥|身份验证|鉴权|认证).{0,12}(过期|不正确|不可用|无效|错误|失败)|无效的?(令牌|密钥)/,
    /unregistered callers/i,
  ],
  [
    "no-access",
    /access[ _](was |has been )?terminated|(organi[sz]ation|project) has been (denied|disabled|restricted)/i,
    /(insufficient|missing|sufficient|enough) (permission|scope)s?|无权|权限/i,
    /\bIP\b.{0,60}not (be )?(authori[sz]ed|allowed)/i,
  ],
  [
    "spend-cap",
    /insufficient_?(quota|balance|funds|credits?)|insufficient (account )?(balance|credits?|funds)/i,
    /not[ _]enough[ _](balance|credits?|funds|quota)|quota is not enough|exceeded_current_quota/i,
    /(balance|credits?)\b.{0,30}(insufficient|not enough|too low|depleted|exhausted|expired|used up|required)/i,
    /((have|has)n.t|\bno|doesn.t have any) credits?\b|(purchase|add|buy|more) credits/i,
    /billing_(error|hard|not)|billing hard limit|spend(ing)?[ _]?(limit|cap)|usage_limit_exceeded/i,
    /payment[ _](method .{0,20})?required|credit card|(key|credit) limit exceeded|\bcredit_limit\b/i,
    /over budget|budget[ _](has been )?(exceeded|limit)|(exceed|cross)\w*[ _]{0,2}budget/i,
    /out of (extra|paid) usage|SetLimitExceeded/i,
    /(credit|account|token)[ _]balance|(used|run) (all|out of) .{0,30}credits|monthly included credits/i,
    /specified api usage limits|account .{0,20}(arrears|overdue)|arrearage|in good standing|overdue (balance|payment)/i,
    /free (tier|trial|quota)\b.{0,40}(exhausted|used up)|余额|欠费|充值|(额度|余量).{0,6}(不足|用尽|用完)/i,
  ],
  [
    "quota",
    /(per[ -_]?|\/ ?)(day|week|month)\b|(daily|weekly|monthly) .{0,30}(limit|quota|alloca|allowance)/i,
    /\b(RPD|TPD)\b|ByDay|PerDay|PerMonth|(limit|quota|allocation).{0,40}(for today|this month|24 hours)|每[日天周月]/i,
    /usage limit|(billing|usage) cycle|\b(5|five)[- ]?hours?\b.{0,20}limit/i,
  ],
  [
    "out-of-memory",
    /(more|not enough|insufficient) (system |gpu |free |available )?v?(ram|memory)\b|out of (gpu )?memory|\bOOM\b/i,
    /cuda ?(error|malloc)|(unable|failed) to allocate|insufficient system resources|too large for system/i,
  ],
  [
    "loading",
    /(?<!fail\w* )(loading (the )?model|model loading)\b(?! (was|has|failed))/i,
    /(model|server|weights) .{0,80}(loading|warming up|cold)|model_loading|currently loading/i,
    /(model|server) (is )?starting|not ready|scal(ed to zero|ing up)/i,
  ],
  [
    "content-refused",
    /content[ _](policy|filter|management|moderation)|content_?(violation|filtered)|moderation|flagged|censor/i,
    /responsible ?ai|safety (system|filter|reason|check|setting)|DataInspectionFailed|data_inspection/i,
    /(inappropriate|unsafe|prohibited|sensitive|objectionable) (content|input|words|material|information)/i,
    /violat\w+ .{0,60}(policy|policies|terms|guidelines)|usage polic(y|ies)|content exists risk|invalid_prompt/i,
    /(prompt|content)\b.{0,60} (is|was|been) blocked|blocked .{0,30}(prompt|content|safety)|high risk|new_sensitive/i,
    /guardrail.{0,30}(fail|block|interven)|敏感|违规|不安全/i,
  ],
  [
    "no-access",
    /data policy|guardrail.*(restrict|endpoint|provider)|no (allowed providers|endpoints found)/i,
    /unsupported_(country|region)|(country|region|location|territory)\b.{0,40}\b(not|un)/i,
    /\b(not|unavailable|blocked|restricted) .{0,30}\b(country|region|location)/i,
    /(not|n.t) (have|got) (access|permission)|no access to|access (denied|to (the |this )?model)|model_access/i,
    /(not|n.t) (authorized|allowed|permitted|entitled|enabled|available) .{0,50}(plan|tier|account|organi|project)/i,
    /(not|n.t) (authorized|allowed|permitted|entitled) .{0,50}(subscription|key|team|model|resource)/i,
    /(key|team|plan|tier|account|user)\b.{0,40}not (allowed|permitted|authorized|included)|can only access models/i,
    /agree to .{0,40}terms|terms .{0,30}(accept|agree)|\bgated\b|must be verified|permission_?(denied|error)/i,
    /requires? .{0,40}(subscription|verification|upgrade|approval)|upgrade .{0,30}(plan|tier|account)/i,
    /not found for account|any provider you have enabled|only authori[sz]ed for use|not activated/i,
    /only available for|on-demand throughput|ModelNotOpen|bind your .{0,30}account|未开放|未开通/i,
  ],
  [
    "overloaded",
    /overload|(at|over|no|insufficient|maximum) (available )?capacity|capacity .{0,20}exceeded|degraded function/i,
    /service[ _]unavailable|temporarily unavailable|unable to handle additional requests/i,
    /(server|system|service|engine|model) (is )?(too |currently )?busy|busy right now|queue (is full|exceeded)/i,
    /high (demand|load|traffic)|饱和/i,
    /no (available|healthy) (server|worker|upstream|instance)/i,
  ],
  [
    "rate-limited",
    /rate[ _-]?limit|too[ _]many[ _]requests|(requests|tokens) per (min|minute|second)|\((TPM|RPM)\)|PerMinute/i,
    /resource_exhausted|slow[ _]down|throttl|concurren\w+ .{0,20}(limit|request)|too many tokens, please wait|并发/i,
  ],
  ["quota", /quota\b.{0,20}(exceeded|reached|exhausted|used up)|(exceeded|exhausted) .{0,30}quota|no quota/i],
  [
    "not-for-chat",
    /not a chat model|only supported in v1\/responses|not (supported in|accessible via) the (v1)?.?chat/i,
    /embedding model/i,
    /(does not|doesn.t|not) support (chat|generate|text generation)|is not (an? )?(chat|text|generative) model/i,
  ],
  [
    "unknown-model",
    /model_?not_?(found|exist|available)|(invalid|unknown|unrecognized|unsupported|unavailable)[ _]?model/i,
    /no such model|models?\b.{0,220}\b(not (be )?(found|exist|known|recognized|registered|deployed|available))\b/i,
    /models?\b.{0,220}(n.t exist|no longer (available|supported))|model_decommissioned|not a valid model|try pulling/i,
    /models?\b.{0,220}(is|was|been) (deprecated|removed|retired|decommissioned|shut)|not found.{0,20}model/i,
    /models?( \S+)? is not supported\b(?! (with|when|by))|models?_not_supported|not find .{0,30}(model|handler)/i,
    /(deployment|endpoint) .{0,60}not exist.{0,80}(model|deployment)|DeploymentNotFound|no available channel/i,
    /no models? .{0,20}loaded|^models?: \S+$|模型.{0,80}(不存在|下线|无可用渠道)/im,
  ],
  [
    "context-too-long",
    /context[ _-]?(length|window|size)|maximum (context|input|prompt|sequence|number of (input )?tokens)/i,
    /(prompt|input|conversation|message|request|text)s?\b.{0,60}(too (long|large|many)|exceed)/i,
    /(reduce|shorten) (your|the) (message|prompt|input|length)|too many (input )?tokens|超长/i,
    /input length|reduce the length|max_?model_?len|n_ctx|num_ctx|string_above_max_length|payload too large/i,
    /exceed\w* .{0,40}(context|token limit|tokens? allowed|model limit)|tokens? .{0,30}exceed\w*|request_too_large/i,
    /inputs?\W.{0,40}must (have less than|be <=) \d+/i,
  ],
  [
    "auth",
    /(invalid|incorrect|missing|expired|revoked|wrong|bad|no)[ _-]+(the )?api[ _-]?key/i,
    /(invalid|incorrect|missing|expired|revoked|wrong|bad|no)[ _-]+(access[ _-]?token|credentials?|user ?name)/i,
    /(invalid|incorrect|missing|expired|no)[ _-]+(bearer|auth)|api[ _-]?key.{0,30}(not valid|(in)?valid|incorrect)/i,
    /api[ _-]?key.{0,30}(expired|missing|not found|required|disabled|revoked)|didn.t provide an api key/i,
    /unauthori[sz]ed|unauthenticated|not authenticated|authentication|authorization (header|failed)/i,
    /user not found|login fail|validate credentials|sign in again/i,
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

/** Reasons that words may name by chance in a refusal for too many requests, as "Upgrade your plan for more". */
const NOT_OF_LIMITS: readonly ProviderErrorReason[] = ["auth", "no-access", "content-refused"];

/** False where the status leaves no room for what the words may mean by chance. */
function isPossible(reason: ProviderErrorReason, status = 0): boolean {
  if (status === 429 && NOT_OF_LIMITS.includes(reason)) return false;
  if (status === 402) return reason === "spend-cap";
  if (reason === "address") return status < 400 || status === 404 || status === 405;
  if (reason === "context-too-long") return status !== 401 && status !== 403 && status !== 404;
  return true;
}

/** 401 and 403 are about the key unless the vendor names another reason; a page with 403 is a firewall's. */
const isKeyRefused = ({ status, isWebPage }: Refusal, said: ProviderErrorReason | undefined): boolean =>
  said === "auth" || (said === undefined && (status === 401 || (status === 403 && !isWebPage)));

function byStatus({ status, isWebPage }: Refusal, of: "list" | "chat"): ProviderErrorReason {
  if (status === undefined) return isWebPage ? "address" : "http";
  if (status < 400 || status === 404 || status === 405) return "address";
  if (status === 402) return "spend-cap";
  if (status === 429) return "rate-limited";
  if (status === 503 || status === 529) return "overloaded";
  if (status === 413 && of === "chat") return "context-too-long";
  return status === 400 || status === 413 || status === 422 ? "bad-request" : "http";
}
