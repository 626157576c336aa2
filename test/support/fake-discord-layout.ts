import type { FakeRow } from "./fake-discord-world.js";

/** https://discord.com/developers/docs/resources/message#message-object-message-flags */
export const COMPONENTS_V2 = 1 << 15;

/** A component as it is sent. */
export interface FakeLayout {
  readonly type: number;
  readonly content?: string;
  readonly label?: string;
  readonly placeholder?: string;
  readonly components?: readonly FakeLayout[];
}

/** What people see of a message that was sent so, whether it has a content or is made of components. */
export function seenIn(body: Record<string, unknown>): { readonly content: string; readonly rows: readonly FakeRow[] } {
  const nodes = ((body.components ?? []) as readonly FakeLayout[]).flatMap(all);
  const texts = nodes.flatMap(({ type, content }) => (type === 10 && content !== undefined ? [content] : []));
  return {
    content: texts.length > 0 ? texts.join("\n\n") : String(body.content ?? ""),
    rows: nodes.filter(({ type }) => type === 1) as unknown as readonly FakeRow[],
  };
}

/** A component and all that is in it. */
export function all<T extends { readonly components?: readonly T[] }>(node: T): readonly T[] {
  return [node, ...(node.components ?? []).flatMap(all)];
}

/** What Discord says when a message's kind and its fields don't fit together. */
export function kindFault(body: Record<string, unknown>, flagsBefore: number): string | undefined {
  const was = (flagsBefore & COMPONENTS_V2) !== 0;
  const is = was || (Number(body.flags ?? 0) & COMPONENTS_V2) !== 0;
  if (was && body.flags != null && (Number(body.flags) & COMPONENTS_V2) === 0)
    return "flags: The V2 flag cannot be removed";
  if (is && (body.content != null || body.embeds != null)) return "content: cannot be used with IS_COMPONENTS_V2";
  return undefined;
}
