import type { IncomingMessage, ServerResponse } from "node:http";
import type { FakeUpload } from "./fake-discord-world.js";

interface Kept {
  readonly bytes: Uint8Array;
  readonly redirectTo?: string;
  /** Goes on for ever. */
  readonly isEndless?: boolean;
}

/** Discord's file host on the same server. */
export function createFakeFiles(origin: () => string, newId: () => string) {
  const kept = new Map<string, Kept>();
  const served: string[] = [];
  return {
    /** What was asked for. */
    served,
    add(filename: string, file: Kept & { readonly type?: string; readonly size?: number }): FakeUpload {
      const id = newId();
      const path = `/attachments/1/${id}/${encodeURIComponent(filename)}`;
      kept.set(path, file);
      const url = `${origin()}${path}?ex=1&is=2&hm=3`;
      const size = file.size ?? file.bytes.length;
      return { id, filename, size, url, proxy_url: url, ...(file.type !== undefined && { content_type: file.type }) };
    },
    /** Whether it was a request for a file. */
    onRequest(incoming: IncomingMessage, response: ServerResponse): boolean {
      const { pathname } = new URL(incoming.url ?? "/", "http://fake");
      if (!pathname.startsWith("/attachments/")) return false;
      served.push(pathname);
      const file = kept.get(pathname);
      if (file === undefined) response.writeHead(404).end();
      else if (file.redirectTo !== undefined) response.writeHead(302, { location: file.redirectTo }).end();
      else if (file.isEndless) sendForEver(response, file.bytes);
      else response.writeHead(200).end(file.bytes);
      return true;
    },
  };
}

function sendForEver(response: ServerResponse, bytes: Uint8Array): void {
  const more = () => {
    if (!response.destroyed && response.write(bytes)) setImmediate(more);
  };
  response.writeHead(200);
  response.on("drain", more);
  more();
}
