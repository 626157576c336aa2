import { createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { sendRequest, textOf } from "../../../src/providers/http/send-request.js";

/** Returns the address of a server that does this with each piece that a client sends, without its scheme. */
async function serve(onData: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("data", () => onData(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" && address?.port}`;
}

const asked = (url: string) => ({ url, headers: {}, signal: new AbortController().signal });

test("an answer that switches protocols is a broken connection", async () => {
  const host = await serve((socket) =>
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
  );

  await expect(sendRequest(asked(`http://${host}/`))).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("a connection that does not come about is given up, whatever the case of its scheme", async () => {
  const host = await serve(() => {}); // answers no handshake

  await expect(sendRequest(asked(`HTTPS://${host}/`), 50)).rejects.toMatchObject({ code: "ETIMEDOUT" });
});

test("an answer may take longer than a connection", async () => {
  const host = await serve((socket) =>
    setTimeout(() => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"), 150),
  );

  expect(await textOf(await sendRequest(asked(`http://${host}/`), 50))).toBe("ok");
});

test("an encoding that nobody knows leaves the body as it came", async () => {
  const host = await serve((socket) =>
    socket.end("HTTP/1.1 200 OK\r\ncontent-encoding: constructor\r\ncontent-length: 2\r\n\r\nok"),
  );

  expect(await textOf(await sendRequest(asked(`http://${host}/`)))).toBe("ok");
});

describe("a kept connection that the server closes as the next request goes out", () => {
  /** A server that answers the first request of each connection and hangs up at the second. */
  const closeAtTheSecond = () => {
    const asked = new WeakMap<Socket, number>();
    return serve((socket) => {
      const count = (asked.get(socket) ?? 0) + 1;
      asked.set(socket, count);
      if (count > 1) socket.resetAndDestroy();
      else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
  };
  const post = { method: "POST", body: "a question" };

  test("costs nothing where the request may be repeated", async () => {
    const host = await closeAtTheSecond();

    for (let nth = 0; nth < 3; nth++) {
      const response = await sendRequest({ ...asked(`http://${host}/`), ...post, isRepeatable: true });
      expect(await textOf(response)).toBe("ok");
    }
  });

  test("is told where it may not", async () => {
    const host = await closeAtTheSecond();
    await textOf(await sendRequest({ ...asked(`http://${host}/`), ...post }));

    await expect(sendRequest({ ...asked(`http://${host}/`), ...post })).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("is told where the new connection is closed as well", async () => {
    let served = 0;
    const host = await serve((socket) => {
      if (++served === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      else socket.resetAndDestroy();
    });
    await textOf(await sendRequest({ ...asked(`http://${host}/`), isRepeatable: true }));

    await expect(sendRequest({ ...asked(`http://${host}/`), isRepeatable: true })).rejects.toMatchObject({
      code: "ECONNRESET",
    });
    expect(served).toBe(3);
  });
});
