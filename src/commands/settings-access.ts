import { UserError } from "../base/errors.js";
import { t } from "../languages/translate.js";
import { audited } from "../refresh/audited-settings.js";
import type { ChatAccess, WorkspaceSettings } from "../refresh/settings.js";
import type { MessageLimitTerms } from "../usage/question-limits.js";
import { DEFAULT, defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code } from "./wording/markdown.js";

/** How many ids fit into a setting that people still read. */
const MAX_IDS = 50;

const MAX_LIST_CHARS = 1_500;

export const settingsAccess = ({ settings, host, audit }: CommandDeps) =>
  defineCommand({
    path: "settings access",
    about: "Who may chat with the bot here, and where; without options, shows the current rules",
    access: "operator",
    visibility: "ephemeral",
    options: {
      guests: { kind: "flag", about: "whether guests may chat: on or off" },
      who: {
        kind: "word",
        takesMentions: true,
        about: "everyone, or people, roles and user groups: mention them or give their ids, separated by commas",
        accepts: (value) => readWho(value) !== undefined,
        takes: () => t`\`everyone\`, or mentions or ids of people, roles or user groups, separated by commas`,
        maxChars: MAX_LIST_CHARS,
      },
      "per-person": limitOption(t`questions of one person in 10 minutes, below the host's limit; default removes it`),
      "per-channel": limitOption(t`questions in one channel in 10 minutes, below the host's limit; default removes it`),
      channels: {
        kind: "text",
        takesMentions: true,
        about: "everywhere, or channels: #mentions or ids",
        maxChars: MAX_LIST_CHARS,
      },
    },
    async *run({ guests, who, channels, "per-person": person, "per-channel": channel }, invocation) {
      const { workspace } = invocation;
      if ([guests, who, person, channel, channels].every((value) => value === undefined)) {
        yield { markdown: accessLines(settings.of(workspace), host.limits).join("\n") };
        return;
      }
      const change: ChatAccess = {
        ...(guests !== undefined && { guests }),
        ...(who !== undefined && { who: bounded(readWho(who) ?? []) }),
        ...(channels !== undefined && { channels: bounded(channelsIn(channels)) }),
      };
      const after = await settings.change(
        workspace,
        (before) => ({
          ...before,
          access: withLimits({ ...before.access, ...change }, person, channel),
        }),
        audited(audit, invocation),
      );
      yield { markdown: [t`Saved. It applies immediately.`, ...accessLines(after, host.limits)].join("\n") };
    },
  });

const LIMIT = /^[1-9]\d{0,3}$/;

function limitOption(about: string) {
  return {
    kind: "word",
    about,
    accepts: (value: string) => value === DEFAULT || LIMIT.test(value),
    takes: () => t`a whole number from 1 to 9,999, or \`default\``,
  } as const;
}

/** A limit that was not typed stays; "default" drops it. */
function withLimits(access: ChatAccess, person: string | undefined, channel: string | undefined): ChatAccess {
  const { userPer10Min, channelPer10Min, ...rest } = access;
  const limitAfter = (before: number | undefined, typed: string | undefined) =>
    typed === undefined ? before : typed === DEFAULT ? undefined : Number(typed);
  const user = limitAfter(userPer10Min, person);
  const all = limitAfter(channelPer10Min, channel);
  return {
    ...rest,
    ...(user !== undefined && { userPer10Min: user }),
    ...(all !== undefined && { channelPer10Min: all }),
  };
}

function channelsIn(text: string): readonly string[] {
  const ids = readChannels(text);
  if (ids !== undefined) return ids;
  throw new UserError(
    t`${code("channels")} takes ${code("everywhere")}, or channels as mentions or ids, with spaces or commas
      between; not ${code(text)}. Nothing was changed.`,
  );
}

function bounded(ids: readonly string[]): readonly string[] {
  if (ids.length <= MAX_IDS) return ids;
  throw new UserError(t`At most ${MAX_IDS} are allowed, not ${ids.length}. Nothing was changed.`);
}

/** What is in force, in words; `host`: the host's own limits, 0 for none. */
export function accessLines({ access = {} }: WorkspaceSettings, host: MessageLimitTerms): readonly string[] {
  const { who = [], channels = [], guests = true, userPer10Min, channelPer10Min } = access;
  return [
    t`Who may chat: ${who.length === 0 ? t`everyone` : t`${who.map((id) => code(id)).join(", ")}, and operators`}`,
    t`Where: ${channels.length === 0 ? t`everywhere` : channels.map((id) => code(id)).join(", ")}`,
    t`Guests: ${guests ? t`may chat` : t`may not chat`}`,
    t`Questions in 10 minutes: of one person ${limitWords(userPer10Min, host.userPer10Min)}; in one channel
      ${limitWords(channelPer10Min, host.channelPer10Min)}`,
  ];
}

function limitWords(ownLimit: number | undefined, hostLimit: number): string {
  if (ownLimit === undefined) return hostLimit === 0 ? t`no limit` : t`${hostLimit} (the host's limit)`;
  if (hostLimit === 0 || ownLimit <= hostLimit) return t`${ownLimit} (set here)`;
  return t`${hostLimit} (the host's limit; ${ownLimit} set here)`;
}

/**
 * `<@1>` and `<@!1>` are people, `<@&1>` roles on Discord, `<!subteam^S1|@team>` user groups on Slack; or a bare id.
 */
const WHO = /^(?:<@[!&]?(\w+)(?:\|[^>]*)?>|<!subteam\^(\w+)(?:\|[^>]*)?>|@?(\d{5,25}|[UWSB][A-Z0-9]{5,}))$/;
const CHANNEL = /^(?:<#(\w+)(?:\|[^>]*)?>|#?(\d{5,25}|[CG][A-Z0-9]{5,})|#([a-z0-9-]{1,64}))$/;

/** The ids that a list names; undefined where a part of it is none. */
function idsIn(text: string, form: RegExp): readonly string[] | undefined {
  const parts = text.split(/[\s,]+/).filter((part) => part !== "");
  const ids = parts.map((part) =>
    form
      .exec(part)
      ?.slice(1)
      .find((group) => group !== undefined),
  );
  return parts.length > 0 && ids.every((id) => id !== undefined) ? [...new Set(ids)] : undefined;
}

const EVERYONE = ["everyone", "anyone", "all"];
const EVERYWHERE = ["everywhere", "all"];

/** People, roles and user groups; empty for everyone. */
const readWho = (text: string): readonly string[] | undefined =>
  EVERYONE.includes(text.toLowerCase()) ? [] : idsIn(text, WHO);

/** Channels; empty for everywhere. */
const readChannels = (text: string): readonly string[] | undefined =>
  EVERYWHERE.includes(text.toLowerCase()) ? [] : idsIn(text, CHANNEL);
