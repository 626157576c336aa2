import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { all, COMPONENTS_V2, kindFault } from "./fake-discord-layout.js";

/** The bodies that are checked; each has its schema in the fixture. */
export type CheckedBody =
  | "POST /channels/{channel_id}/messages"
  | "PATCH /channels/{channel_id}/messages/{message_id}"
  | "PUT /applications/{application_id}/commands"
  | "POST /interactions/{interaction_id}/{interaction_token}/callback"
  | "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original"
  | "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
  | "POST /webhooks/{webhook_id}/{webhook_token}"
  | "POST /channels/{channel_id}/messages/{message_id}/threads"
  | "POST /channels/{channel_id}/threads"
  | "POST /users/@me/channels";

interface Fixture {
  readonly bodies: Readonly<Record<string, object>>;
  readonly components: object;
}

/** Compiles ahead of the first request, which would wait for it. */
export function prepareChecks(): void {
  compiled ??= compile();
}

let compiled: ReadonlyMap<string, ValidateFunction> | undefined;

/** What Discord would say about a body; undefined where it is in order. Compiled once, since that takes a moment. */
export function bodyFault(body: CheckedBody, given: unknown): string | undefined {
  compiled ??= compile();
  const validate = compiled.get(body);
  if (validate === undefined) throw new Error(`no schema for ${body}`);
  if (!validate(given)) {
    const [error] = validate.errors ?? [];
    return `${error?.instancePath} ${error?.message} ${JSON.stringify(error?.params)}`;
  }
  if (body.startsWith("PUT")) return commandsFault(given as readonly Record<string, unknown>[]);
  const message = body.includes("/callback") ? (given as { data?: unknown }).data : given;
  return messageFault((message ?? {}) as Record<string, unknown>);
}

function compile(): ReadonlyMap<string, ValidateFunction> {
  const url = new URL("../fixtures/discord-openapi.json", import.meta.url);
  const fixture = JSON.parse(readFileSync(url, "utf8")) as Fixture;
  refuseUnknown(fixture);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "discord", components: fixture.components });
  const absolute = (schema: object) =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"discord#/components')) as object;
  return new Map(Object.entries(fixture.bodies).map(([name, schema]) => [name, ajv.compile(absolute(schema))]));
}

/** The document lets unknown fields pass; here they are slips. */
function refuseUnknown(node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  if ("properties" in node && !("additionalProperties" in node)) Object.assign(node, { additionalProperties: false });
  for (const value of Object.values(node)) refuseUnknown(value);
}

/** What the document does not say of messages. */
function messageFault(message: Record<string, unknown>): string | undefined {
  const { content, components, flags } = message;
  if (typeof content === "string" && content.length > 2_000) return "content: Must be 2000 or fewer in length.";
  // SUPPRESS_EMBEDS, EPHEMERAL, SUPPRESS_NOTIFICATIONS, IS_COMPONENTS_V2
  if (typeof flags === "number" && (flags & ~0b1001_0000_0100_0100) !== 0) return "flags: Invalid";
  const rows = (components ?? []) as readonly Component[];
  const kind = kindFault(message, 0);
  if (kind !== undefined) return kind;
  if (typeof flags === "number" && (flags & COMPONENTS_V2) !== 0) return layoutFault(rows);
  if (rows.length > 5) return "components: Must be 5 or fewer in length.";
  const ids = rows.flatMap((row) => (row.components ?? []).flatMap(({ custom_id }) => custom_id ?? []));
  if (new Set(ids).size < ids.length) return "components: Component custom id cannot be duplicated";
  return rows.map(rowFault).find((fault) => fault !== undefined);
}

/** A message that is made of components. */
function layoutFault(top: readonly Component[]): string | undefined {
  if (top.length === 0) return "components: Must be between 1 and 40 in length.";
  const nodes = top.flatMap(all);
  if (nodes.length > 40) return "components: Total number of components must be 40 or fewer";
  if (nodes.reduce((sum, { content = "" }) => sum + content.length, 0) > 4_000)
    return "components: Total text must be 4000 or fewer in length.";
  if (nodes.some(({ type, content = "" }) => type === 10 && content.trim() === "")) return "content: is required";
  if (nodes.some(({ type, components = [] }) => type === 17 && components.some((inner) => inner.type === 17)))
    return "components: a container in a container";
  const ids = nodes.flatMap(({ custom_id }) => custom_id ?? []);
  if (new Set(ids).size < ids.length) return "components: Component custom id cannot be duplicated";
  if (top.some(({ type }) => ![1, 9, 10, 12, 13, 14, 17].includes(type))) return "components: Invalid type";
  return nodes
    .filter(({ type }) => type === 1)
    .map(rowFault)
    .find((fault) => fault !== undefined);
}

interface Component {
  readonly type: number;
  readonly content?: string;
  readonly components?: readonly Component[];
  readonly custom_id?: string;
  readonly label?: string;
  readonly style?: number;
  readonly options?: readonly { readonly label: string; readonly value: string }[];
}

function rowFault(row: Component): string | undefined {
  if (row.type !== 1 || !row.components?.length) return "components: an action row with components is wanted";
  const selects = row.components.filter(({ type }) => type === 3);
  if (selects.length > 0 ? row.components.length > 1 : row.components.length > 5) return "components: too wide a row";
  for (const { type, custom_id = "", label = "", options = [] } of row.components) {
    if (custom_id.length < 1 || custom_id.length > 100) return "custom_id: Must be between 1 and 100 in length.";
    if (type === 2 && (label.length < 1 || label.length > 80)) return "label: Must be between 1 and 80 in length.";
    if (type !== 3) continue;
    if (options.length < 1 || options.length > 25) return "options: Must be between 1 and 25 in length.";
    if (options.some((option) => option.label.length > 100 || option.value.length > 100)) return "options: too long";
    if (new Set(options.map(({ value }) => value)).size < options.length) return "options: duplicate value";
  }
  return undefined;
}

/** https://discord.com/developers/docs/reference#locales */
const LOCALES = new Set(
  "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja zh-TW ko".split(
    " ",
  ),
);

const localesOf = (node: unknown): readonly string[] =>
  typeof node !== "object" || node === null
    ? []
    : Object.entries(node).flatMap(([key, value]) =>
        key.endsWith("_localizations") ? Object.keys(value ?? {}) : localesOf(value),
      );

const NAME = /^[-_\p{L}\p{N}]{1,32}$/u;

/** What the document does not say of commands. */
function commandsFault(commands: readonly Record<string, unknown>[]): string | undefined {
  for (const { name, description, options } of [...commands, ...commands.flatMap(optionsOf)]) {
    if (!NAME.test(String(name)) || String(name) !== String(name).toLowerCase()) return `name: ${name} is invalid`;
    if (String(description ?? "").length < 1) return `${name}: description is required`;
    const unknown = localesOf(commands).find((locale) => !LOCALES.has(locale));
    if (unknown !== undefined) return `${name}: the locale ${unknown} is not known`;
    const required = ((options ?? []) as { required?: boolean }[]).map((option) => option.required ?? false);
    if (required.lastIndexOf(true) > required.indexOf(false) && required.includes(false))
      return `${name}: required options must come first`;
  }
  return undefined;
}

const optionsOf = (node: Record<string, unknown>): readonly Record<string, unknown>[] => {
  const own = (node.options ?? []) as readonly Record<string, unknown>[];
  return [...own, ...own.flatMap(optionsOf)];
};
