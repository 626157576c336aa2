import { asRead, type FakeBlock, textOfBlocks } from "./fake-slack-blocks.js";

export interface FakeUser {
  readonly id: string;
  readonly name: string;
  readonly is_admin?: boolean;
  readonly is_owner?: boolean;
  readonly is_restricted?: boolean;
  readonly is_stranger?: boolean;
  /** Of another workspace, in a channel that both share. */
  readonly team_id?: string;
  /** On Enterprise Grid. */
  readonly enterprise_user?: { readonly enterprise_id: string; readonly teams: readonly string[] };
}

/** A message in a channel, as the workspace keeps it. */
export interface FakeMessage {
  readonly channel: string;
  readonly ts: string;
  readonly thread: string | undefined;
  readonly user: string;
  text: string;
  blocks: readonly FakeBlock[];
  edits: number;
  /** While it grows by Slack's streaming: since when, in epoch ms. */
  streamingSince?: number | undefined;
  /** Further fields as Slack gives it back: files, legacy attachments, blocks of people, the app that wrote it. */
  readonly more?: Record<string, unknown> | undefined;
  /** Name of the reaction → who put it there, in order. */
  readonly reactions: Map<string, Set<string>>;
}

/** A reply that one person alone sees. */
export interface FakeEphemeral {
  readonly channel: string;
  readonly thread: string | undefined;
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly FakeBlock[];
  readonly responseUrl: string | undefined;
}

/** Somebody's Home tab of the app. */
export interface FakeHome {
  readonly user: string;
  readonly blocks: readonly FakeBlock[];
  readonly memo: string;
  /** How often it was published. */
  readonly published: number;
}

/** A file in Slack's store, or on its way there. */
export interface FakeFile {
  readonly id: string;
  readonly name: string;
  readonly length: number;
  bytes?: Buffer;
  /** Where it can be read; unset where nobody asks. */
  url?: string;
  /** Where it was shared. */
  channel?: string;
}

export const TEAM = "T0EVERGREEN";
export const ENTERPRISE = "E0FOREST";
export const BOT_USER = "U0BOT";
export const BOT_ID = "B0BOT";
export const APP_ID = "A0APP";

/** What stands in the workspace. */
export interface FakeWorkspace {
  readonly users: Map<string, FakeUser>;
  readonly channels: Map<string, { isArchived: boolean; hasBot: boolean }>;
  readonly messages: FakeMessage[];
  readonly ephemerals: FakeEphemeral[];
  /** Handles of user groups, by id. */
  readonly handles: ReadonlyMap<string, string>;
  /** Members of each user group. */
  readonly groups: Map<string, Set<string>>;
  readonly homes: Map<string, FakeHome>;
  readonly files: Map<string, FakeFile>;
  /** Status and title of what an agent or assistant does in "channel:thread". */
  readonly sessions: Map<string, { status: string; title?: string | undefined }>;
  readonly prompts: { readonly channel: string; readonly titles: readonly string[] }[];
  /** Epoch ms. */
  now(): number;
  nextTs(): string;
  add(message: Pick<FakeMessage, "channel" | "thread" | "user" | "text" | "blocks" | "more">): FakeMessage;
  find(channel: string, ts: string): FakeMessage | undefined;
  remove(message: FakeMessage): void;
}

export function createWorkspace(now: () => number): FakeWorkspace {
  const messages: FakeMessage[] = [];
  const byPlace = new Map<string, FakeMessage>();
  let newest = 0;
  /** The time to the microsecond, later than that of any message before. */
  const nextTs = () => {
    newest = Math.max(newest, now() * 1_000) + 1;
    return `${Math.floor(newest / 1e6)}.${String(newest % 1e6).padStart(6, "0")}`;
  };
  return {
    users: new Map(
      [
        { id: "U0ADA", name: "ada", is_admin: true },
        { id: "U0OWNER", name: "olga", is_owner: true },
        { id: "U0BEN", name: "ben" },
        { id: "U0GUEST", name: "gina", is_admin: true, is_restricted: true },
        { id: "U0FAR", name: "farah", is_admin: true, team_id: "T0ELSEWHERE" },
        { id: BOT_USER, name: "evergreen" },
      ].map((user) => [user.id, user]),
    ),
    channels: new Map(
      ["C0GENERAL", "C0RANDOM", "G0GROUP", "D0ADA", "D0BEN"].map((id) => [id, { isArchived: false, hasBot: true }]),
    ),
    messages,
    ephemerals: [],
    handles: new Map([["S0TEAM", "oncall"]]),
    groups: new Map([["S0TEAM", new Set(["U0BEN"])]]),
    homes: new Map(),
    files: new Map(),
    sessions: new Map(),
    prompts: [],
    now,
    nextTs,
    add(given) {
      const message = { ...given, ts: nextTs(), edits: 0, reactions: new Map() };
      messages.push(message);
      byPlace.set(`${message.channel}:${message.ts}`, message);
      return message;
    },
    find: (channel, ts) => byPlace.get(`${channel}:${ts}`),
    remove(message) {
      messages.splice(messages.indexOf(message), 1);
      byPlace.delete(`${message.channel}:${message.ts}`);
    },
  };
}

/** What a person reads: the blocks where there are any, else the text. */
export const readOf = (message: Pick<FakeMessage, "text" | "blocks">): string =>
  message.blocks.length > 0 ? textOfBlocks(message.blocks) : asRead(message.text);
