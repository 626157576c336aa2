import type { ModelsView, StatusView } from "../../src/bot/port/status-view.js";

export interface PlaygroundEvent {
  readonly type: string;
  readonly id?: string;
  readonly text?: string;
  readonly marks?: readonly string[];
  readonly controls?: readonly {
    label: string;
    command?: string;
    options?: readonly { label: string; command: string }[];
  }[];
  readonly [field: string]: unknown;
}

export interface PlaygroundMessage {
  readonly id: string;
  readonly author: "user" | "bot";
  readonly text: string;
  readonly marks: readonly string[];
}

/** Waits until `read` gives something; for end-to-end tests only, where real sockets take real time. */
export async function eventually<T>(
  what: string,
  read: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 30_000,
): Promise<T> {
  for (const end = Date.now() + timeoutMs; ; ) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Sends a request, and once more where the bot closed a kept connection as it went out: on a busy machine one is idle for long. */
const send = (address: string, init?: RequestInit): Promise<Response> =>
  fetch(address, init).catch((error: unknown) => {
    const { cause } = error as { readonly cause?: { readonly code?: string } };
    if (cause?.code !== "UND_ERR_SOCKET" && cause?.code !== "ECONNRESET") throw error;
    return fetch(address, init);
  });

/** What a person with a script does on the playground. */
export function playgroundClient(url: string, channel = "general") {
  const base = `${url}/api/channels/${channel}`;
  const get = async <T>(address: string) => (await (await send(address)).json()) as T;
  const messages = async () => (await get<{ messages: readonly PlaygroundMessage[] }>(`${base}/messages`)).messages;

  async function say(text: string, client?: string): Promise<string> {
    const response = await send(`${base}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text, ...(client === undefined ? {} : { client }) }),
    });
    if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
    return ((await response.json()) as { id: string }).id;
  }

  /** Collects the channel's events until it is closed. */
  async function listen(client?: string) {
    const controller = new AbortController();
    const response = await fetch(`${base}/events${client === undefined ? "" : `?client=${client}`}`, {
      signal: controller.signal,
    });
    const events: PlaygroundEvent[] = [];
    let isOver = false;
    const done = readEvents(response, (event) => events.push(event))
      .catch(() => {}) // ended by close(), or by the server
      .finally(() => {
        isOver = true;
      });
    return {
      events,
      /** Waits for an event. @throws when the stream ends first */
      until: (isIt: (event: PlaygroundEvent) => boolean) =>
        eventually("an event", () => {
          const event = events.find(isIt);
          if (event === undefined && isOver) throw new Error("the stream has ended");
          return event;
        }),
      /** The texts that an ephemeral reply went through, by its id. */
      ephemerals: (id: string) => events.filter((event) => event.type === "ephemeral" && event.id === id),
      async close() {
        controller.abort();
        await done;
      },
    };
  }

  /** Says a command and waits for its last reply; `isLast` tells which that is. */
  async function command(
    text: string,
    isLast: (event: PlaygroundEvent) => boolean = () => true,
  ): Promise<PlaygroundEvent> {
    const client = `c${Math.random().toString(36).slice(2)}`;
    const stream = await listen(client);
    const id = await say(text, client);
    const reply = await stream.until((event) => event.type === "ephemeral" && event.id === id && isLast(event));
    await stream.close();
    return reply;
  }

  /** Asks and waits for the end mark. */
  async function ask(
    text: string,
    timeoutMs?: number,
  ): Promise<{ readonly question: PlaygroundMessage; readonly answer: PlaygroundMessage }> {
    const id = await say(text);
    return eventually(
      `an end to ${text}`,
      async () => {
        const all: readonly PlaygroundMessage[] | undefined = await messages(); // none where the store is away
        const question = all?.find((message) => message.id === id);
        const answer = all?.[all.findIndex((message) => message.id === id) + 1];
        if (question === undefined || answer === undefined || !question.marks.some((mark) => "✅⚠️❌".includes(mark)))
          return undefined;
        return { question, answer };
      },
      timeoutMs,
    );
  }

  return {
    say,
    messages,
    listen,
    command,
    ask,
    status: () => get<StatusView>(`${url}/api/status`),
    models: () => get<ModelsView>(`${url}/api/models`),
  };
}

async function readEvents(response: Response, onEvent: (event: PlaygroundEvent) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split("\n").flatMap((line) => (line.startsWith(":") ? [] : [line.split(/: ?(.*)/s).slice(0, 2)])),
      );
      if (fields.data !== undefined) onEvent({ type: fields.event ?? "message", ...JSON.parse(fields.data) });
    }
  }
}
