import { checkBlocks } from "./fake-slack-blocks.js";
import type { FakeWorkspace } from "./fake-slack-workspace.js";

const MOST_USES = 5;
const LIFE_MS = 30 * 60_000;

interface Address {
  readonly channel: string;
  readonly thread: string | undefined;
  readonly user: string;
  readonly issuedAt: number;
  uses: number;
}

export interface FakeResponses {
  /** The id of a new address for replies to `user`. */
  issue(place: Pick<Address, "channel" | "thread" | "user">): string;
  /** What Slack answers to a reply. */
  take(id: string, body: unknown): { readonly status: number; readonly text: string };
  usesOf(id: string): number;
}

/** response_url: five uses in thirty minutes, each a reply that one person sees. */
export function createResponses(workspace: FakeWorkspace, now: () => number): FakeResponses {
  const addresses = new Map<string, Address>();
  return {
    issue(place) {
      const id = `r${addresses.size + 1}`;
      addresses.set(id, { ...place, issuedAt: now(), uses: 0 });
      return id;
    },
    usesOf: (id) => addresses.get(id)?.uses ?? 0,
    take(id, body) {
      const address = addresses.get(id);
      if (address === undefined) return { status: 404, text: "no_such_url" };
      if (now() - address.issuedAt > LIFE_MS) return { status: 404, text: "expired_url" };
      if (address.uses >= MOST_USES) return { status: 404, text: "used_url" };
      address.uses += 1;
      const given = body as Record<string, unknown>;
      const known = ["response_type", "replace_original", "delete_original", "text", "blocks"];
      if (Object.keys(given).some((field) => !known.includes(field))) return { status: 400, text: "invalid_payload" };
      const { text, replace_original: replaces = false } = given;
      if (typeof text !== "string" || text.trim() === "") return { status: 500, text: "no_text" };
      if (given.response_type !== "ephemeral") return { status: 400, text: "fake_wants_ephemeral" };
      const checked = checkBlocks(given.blocks ?? []);
      if ("fault" in checked) return { status: 500, text: "invalid_blocks" };
      const { channel, thread, user } = address;
      const shown = { channel, thread, user, text, blocks: checked.blocks, responseUrl: id };
      const before = workspace.ephemerals.findLastIndex(({ responseUrl }) => responseUrl === id);
      if (replaces === true && before >= 0) workspace.ephemerals[before] = shown;
      else workspace.ephemerals.push(shown);
      return { status: 200, text: "ok" };
    },
  };
}
