/** Who is meant: `<@1>` and `<@!1>` people, `<@&1>` roles on Discord, `<!subteam^S1|@team>` user groups on Slack, or a bare id. */
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
export const readWho = (text: string): readonly string[] | undefined =>
  EVERYONE.includes(text.toLowerCase()) ? [] : idsIn(text, WHO);

/** Channels; empty for everywhere. */
export const readChannels = (text: string): readonly string[] | undefined =>
  EVERYWHERE.includes(text.toLowerCase()) ? [] : idsIn(text, CHANNEL);
