import { COMPONENTS_V2, type FakeLayout, kindFault, seenIn } from "./fake-discord-layout.js";
import { type FakeRequest, Refusal, type Route } from "./fake-discord-rest.js";
import {
  APPLICATION_ID,
  type FakeChannel,
  type FakeMessage,
  type FakePerson,
  type FakeWorld,
  memberObject,
  permissionsOf,
  userObject,
} from "./fake-discord-world.js";

const EPHEMERAL = 1 << 6;

export interface ShownReply {
  readonly id: string;
  content: string;
  flags: number;
  isEphemeral: boolean;
  components: FakeMessage["components"];
  /** The components as they were sent, with their containers and texts. */
  layout: readonly FakeLayout[];
  files: readonly { readonly filename: string; readonly text: string }[];
  /** Every content that it ever had. */
  readonly texts: string[];
}

export interface FakeInteraction {
  readonly id: string;
  readonly token: string;
  readonly type: number;
  readonly askedAt: number;
  acknowledgedAt: number | undefined;
  /** Its original is the pressed message. */
  hasDeferredUpdate: boolean;
  /** What its author sees: the reply, then what follows it. */
  readonly replies: ShownReply[];
  choices: readonly { readonly name: string; readonly value: string }[] | undefined;
  isExpired: boolean;
  /** The message whose control was pressed. */
  readonly pressed: Pressed | undefined;
}

/** A reply that only one person sees, or a message of the bot's. */
export type Pressed = ShownReply | FakeMessage;

/** First answer within 3 s: https://discord.com/developers/docs/interactions/receiving-and-responding */
const ANSWER_WITHIN_MS = 3_000;

/** Slash commands, presses and autocomplete: one callback each, and edits with its token only. */
export function createInteractions(world: FakeWorld, dispatch: (t: string, d: object, times?: number) => void) {
  const all = new Map<string, FakeInteraction>();

  const acknowledge = (interaction: FakeInteraction, { body }: FakeRequest) => {
    if (interaction.acknowledgedAt !== undefined)
      throw new Refusal(400, 40060, "Interaction has already been acknowledged.");
    if (Date.now() - interaction.askedAt > ANSWER_WITHIN_MS) throw new Refusal(404, 10062, "Unknown interaction");
    const { type, data = {} } = body as {
      type: number;
      data?: { flags?: number; choices?: FakeInteraction["choices"] };
    };
    if ((type === 8) !== (interaction.type === 4)) throw new Refusal(400, 50035, "Invalid Form Body type");
    interaction.acknowledgedAt = Date.now();
    if (type === 8) {
      if ((data.choices?.length ?? 0) > 25) throw new Refusal(400, 50035, "Invalid Form Body choices");
      interaction.choices = data.choices;
    } else if (type === 5) interaction.replies.push(newReply("", ((data.flags ?? 0) & EPHEMERAL) !== 0));
    else if (type === 6 && interaction.pressed !== undefined) interaction.hasDeferredUpdate = true;
    else throw new Refusal(400, 50035, `the fake knows no callback ${type}`);
    return undefined;
  };
  const newReply = (content: string, isEphemeral: boolean): ShownReply => ({
    id: world.newId(),
    content,
    flags: isEphemeral ? EPHEMERAL : 0,
    isEphemeral,
    components: [],
    layout: [],
    files: [],
    texts: [],
  });
  const change = (reply: Pressed, { body, files }: FakeRequest) => {
    const fault = kindFault(body, reply.flags);
    if (fault !== undefined) throw new Refusal(400, 50035, `Invalid Form Body ${fault}`);
    const { content, rows } = seenIn(body);
    const hasText = body.content != null || ((reply.flags | Number(body.flags ?? 0)) & COMPONENTS_V2) !== 0;
    if (hasText || reply.content === "") {
      if (content.trim() === "" && files.length === 0) throw new Refusal(400, 50006, "Cannot send an empty message");
      reply.content = content;
      reply.texts.push(content);
    }
    if (body.flags != null) reply.flags |= Number(body.flags) & COMPONENTS_V2;
    if (body.components !== undefined) {
      reply.components = rows;
      if ("layout" in reply) reply.layout = body.components as readonly FakeLayout[];
    }
    if (files.length > 0) {
      if ("files" in reply) reply.files = files;
      else reply.attachments = files;
    }
    return { id: reply.id, content: reply.content };
  };
  const byToken = (token: string): FakeInteraction => {
    const interaction = [...all.values()].find((one) => one.token === token);
    if (interaction === undefined || interaction.acknowledgedAt === undefined)
      throw new Refusal(404, 10015, "Unknown Webhook");
    if (interaction.isExpired) throw new Refusal(401, 50027, "Invalid Webhook Token");
    return interaction;
  };
  const replyOf = (interaction: FakeInteraction, id: string): Pressed => {
    const original = interaction.hasDeferredUpdate ? interaction.pressed : interaction.replies[0];
    const reply = id === "@original" ? original : interaction.replies.find((one) => one.id === id);
    if (reply === undefined) throw new Refusal(404, 10008, "Unknown Message");
    return reply;
  };
  const one = /^\/webhooks\/\d+\/([^/]+)\/messages\/(@original|\d+)$/;
  const original = /^\/webhooks\/\d+\/([^/]+)\/messages\/(@original)$/;
  const routes: readonly Route[] = [
    {
      method: "POST",
      path: /^\/interactions\/(\d+)\/([^/]+)\/callback$/,
      checks: "POST /interactions/{interaction_id}/{interaction_token}/callback",
      isOpen: true,
      run(request, id = "", token) {
        const interaction = all.get(id);
        if (interaction?.token !== token) throw new Refusal(404, 10062, "Unknown interaction");
        return acknowledge(interaction, request);
      },
    },
    {
      method: "PATCH",
      path: original,
      checks: "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original",
      isOpen: true,
      run: (request, token = "", id = "") => change(replyOf(byToken(token), id), request),
    },
    {
      method: "PATCH",
      path: one,
      checks: "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}",
      isOpen: true,
      run: (request, token = "", id = "") => change(replyOf(byToken(token), id), request),
    },
    {
      method: "POST",
      path: /^\/webhooks\/\d+\/([^/]+)$/,
      checks: "POST /webhooks/{webhook_id}/{webhook_token}",
      isOpen: true,
      run(request, token = "") {
        const reply = newReply("", (Number(request.body.flags ?? 0) & EPHEMERAL) !== 0);
        byToken(token).replies.push(reply);
        return change(reply, request);
      },
    },
    {
      method: "DELETE",
      path: one,
      isOpen: true,
      run(_request, token = "", id = "") {
        const { replies } = byToken(token);
        const gone = replyOf(byToken(token), id);
        replies.splice(replies.indexOf(gone as ShownReply), 1);
        return undefined;
      },
    },
  ];
  return {
    routes,
    all,
    /** Sends one to the bot, `times` over. */
    send(
      channel: FakeChannel,
      person: FakePerson,
      type: number,
      data: object,
      { times = 1, pressed }: { times?: number; pressed?: Pressed | undefined } = {},
    ): FakeInteraction {
      const interaction: FakeInteraction = {
        id: world.newId(),
        token: `token-${world.newId()}`,
        type,
        askedAt: Date.now(),
        acknowledgedAt: undefined,
        replies: [],
        choices: undefined,
        isExpired: false,
        hasDeferredUpdate: false,
        pressed,
      };
      all.set(interaction.id, interaction);
      const user = userObject(person, person.id);
      const who =
        channel.guildId === undefined
          ? { user }
          : {
              guild_id: channel.guildId,
              member: { ...memberObject(person), permissions: permissionsOf(person), user },
            };
      const event = {
        id: interaction.id,
        application_id: APPLICATION_ID,
        type,
        token: interaction.token,
        version: 1,
        channel_id: channel.id,
        channel: { id: channel.id, type: channel.type, parent_id: channel.parentId ?? null },
        locale: "en-US",
        entitlements: [],
        data,
        ...(pressed !== undefined && { message: { id: pressed.id, flags: pressed.flags, content: pressed.content } }),
        ...who,
      };
      dispatch("INTERACTION_CREATE", event, times);
      return interaction;
    },
  };
}
