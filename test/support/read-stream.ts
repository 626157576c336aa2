import { systemClock } from "../../src/base/clock.js";

/** Follows an event stream, over a real socket. */
export async function readStream(url: string, headers: Record<string, string> = {}) {
  const controller = new AbortController();
  const response = await fetch(url, { signal: controller.signal, headers });
  if (!response.ok || response.body === null) throw new Error(`no stream: ${response.status}`);
  const events: { readonly name: string; readonly data: unknown }[] = [];
  let isOver = false;
  const read = async () => {
    let rest = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + chunk).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, name, data] = /^event: (.+)\ndata: (.+)$/.exec(block) ?? [];
        if (name !== undefined && data !== undefined) events.push({ name, data: JSON.parse(data) });
      }
    }
  };
  const done = read()
    .catch(() => {}) // closed by us or by the server
    .finally(() => {
      isOver = true;
    });
  return {
    names: () => events.map(({ name }) => name),
    last: (name: string) => events.findLast((event) => event.name === name)?.data,
    close: () => controller.abort(),
    /** Waits a moment for the end, and tells whether it came. */
    async isOver() {
      await Promise.race([done, systemClock.sleep(2_000)]);
      return isOver;
    },
  };
}
