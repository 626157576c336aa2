import { Client, GatewayIntentBits, Options, Partials, type WebSocketOptions } from "discord.js";

export interface ClientOptions {
  readonly apiUrl: string | undefined;
  readonly followThreads: boolean;
  readonly ws: WebSocketOptions;
}

/** Long enough for servers to arrive, short enough for one that never does. */
const WAIT_FOR_SERVERS_MS = 5_000;

/**
 * A gateway client that remembers servers, roles, channels and threads only: with the SDK's defaults a thousand
 * channels' messages are 700 MB. Text of messages that do not concern the bot is asked for only where threads are followed.
 */
export function createClient({ apiUrl, followThreads, ws }: ClientOptions): Client {
  const isOwn = (thing: { id: string; client: Client<true> }) => thing.id === thing.client.user.id;
  return new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.GuildMessageReactions,
      GatewayIntentBits.DirectMessages,
      GatewayIntentBits.DirectMessageReactions,
      ...(followThreads ? [GatewayIntentBits.MessageContent] : []),
    ],
    partials: [Partials.Channel, Partials.Message, Partials.Reaction],
    shards: "auto",
    waitGuildTimeout: WAIT_FOR_SERVERS_MS,
    allowedMentions: { parse: [], repliedUser: false },
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      ApplicationCommandManager: 0,
      ApplicationEmojiManager: 0,
      AutoModerationRuleManager: 0,
      BaseGuildEmojiManager: 0,
      EntitlementManager: 0,
      GuildBanManager: 0,
      GuildEmojiManager: 0,
      GuildInviteManager: 0,
      GuildMemberManager: { maxSize: 0, keepOverLimit: isOwn },
      GuildScheduledEventManager: 0,
      GuildStickerManager: 0,
      GuildTextThreadManager: { maxSize: 500 },
      MessageManager: 0,
      PresenceManager: 0,
      ReactionManager: 0,
      ReactionUserManager: 0,
      StageInstanceManager: 0,
      ThreadMemberManager: { maxSize: 0, keepOverLimit: isOwn },
      UserManager: { maxSize: 0, keepOverLimit: isOwn },
      VoiceStateManager: 0,
    }),
    sweepers: Options.DefaultSweeperSettings,
    ...(apiUrl !== undefined && { rest: { api: apiUrl.replace(/(\/v\d+)?\/*$/, "") } }),
    ws,
  });
}
