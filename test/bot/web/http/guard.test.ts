import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readJson } from "../../../../src/bot/web/http/body.js";
import { knownHosts, type RequestFacts, sourceRefusal } from "../../../../src/bot/web/http/guard.js";
import { sendRequest, startServer } from "./http-support.js";

describe("knownHosts()", () => {
  const names = (host: string, port: number, allowed: readonly string[] = []) => [
    ...knownHosts(host, port, allowed).keys(),
  ];
  it("knows the three loopback names with the port, when it listens on loopback", () => {
    const loopback = ["127.0.0.1:8787", "localhost:8787", "[::1]:8787"];
    for (const host of ["127.0.0.1", "localhost", "::1"]) expect(names(host, 8787)).toEqual(loopback);
    expect(names("127.0.0.2", 8787)).toEqual([...loopback, "127.0.0.2:8787"]);
  });

  it("knows only the address itself when it is another machine's to reach", () => {
    expect(names("192.168.1.5", 8787)).toEqual(["192.168.1.5:8787"]);
    expect(names("fd00::5", 8787)).toEqual(["[fd00::5]:8787"]);
  });

  it("knows the loopback names too when it listens everywhere", () => {
    expect(names("0.0.0.0", 80)).toContain("localhost");
    expect(names("::", 8787)).toEqual(["127.0.0.1:8787", "localhost:8787", "[::1]:8787", "[::]:8787"]);
  });

  it("knows what the operator added, exactly, under both schemes", () => {
    const origins = knownHosts("127.0.0.1", 8787, ["Bot.Example.com", "bot.example.com:8443"]);
    expect(origins.get("bot.example.com")).toEqual(["http://bot.example.com", "https://bot.example.com"]);
    expect(origins.get("bot.example.com:8443")?.at(1)).toBe("https://bot.example.com:8443");
    expect(origins.has("www.bot.example.com")).toBe(false);
    expect(origins.get("localhost:8787")).toEqual(["http://localhost:8787"]);
  });
});

describe("sourceRefusal()", () => {
  const known = knownHosts("127.0.0.1", 8787, ["bot.example.com"]);
  const isAllowed = (facts: Partial<RequestFacts>) =>
    sourceRefusal(
      {
        method: "POST",
        path: "/api/marks",
        hosts: ["127.0.0.1:8787"],
        origin: undefined,
        fetchSite: undefined,
        fetchMode: undefined,
        fetchDest: undefined,
        ...facts,
      },
      known,
    ) === undefined;

  it("takes the page behind a proxy that ends https, where the operator named the host", () => {
    expect(isAllowed({ hosts: ["bot.example.com"], origin: "https://bot.example.com" })).toBe(true);
    expect(isAllowed({ hosts: ["127.0.0.1:8787"], origin: "https://127.0.0.1:8787" })).toBe(false);
    expect(isAllowed({ hosts: ["127.0.0.1:8787"], origin: "https://bot.example.com" })).toBe(false);
  });

  it("takes a sign-in form, whose Origin browsers hide, from this site only", () => {
    expect(isAllowed({ path: "/sign-in", origin: "null" })).toBe(true);
    expect(isAllowed({ path: "/sign-in", origin: "null", fetchSite: "same-origin" })).toBe(true);
    expect(isAllowed({ path: "/sign-in", origin: "null", fetchSite: "cross-site" })).toBe(false);
    expect(isAllowed({ path: "/api/marks", origin: "null", fetchSite: "same-origin" })).toBe(false);
  });
});

describe("a request to the server", () => {
  let port = 0;
  let reached = 0;
  let stop = () => Promise.resolve();
  beforeAll(async () => {
    const { server, ...running } = await startServer({
      routes: [
        (app) => {
          app.get("/", (context) => context.html("<p>page</p>"));
          app.post("/api/channels/:channel/messages", async (context) => {
            await readJson(context);
            reached += 1;
            return context.json({ id: "1" }, 202);
          });
        },
      ],
    });
    port = running.port;
    stop = server.stop;
  });
  afterAll(() => stop());

  const path = "/api/channels/general/messages";
  const post = (headers: readonly string[]) => {
    const all = ["Content-Type: application/json", ...headers.map((line) => line.replaceAll("PORT", String(port)))];
    return sendRequest(port, { method: "POST", path, headers: all, body: '{"text":"hi"}' });
  };

  it.each([
    ["a script that says nothing of itself", ["Host: 127.0.0.1:PORT"]],
    ["a script, by name", ["Host: localhost:PORT"]],
    ["a script, by name in capitals", ["Host: LOCALHOST:PORT"]],
    ["a script, by IPv6", ["Host: [::1]:PORT"]],
    [
      "the page",
      ["Host: localhost:PORT", "Origin: http://localhost:PORT", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"],
    ],
    ["the page in an old browser", ["Host: 127.0.0.1:PORT", "Origin: http://127.0.0.1:PORT"]],
    ["a person's own address bar or extension", ["Host: 127.0.0.1:PORT", "Sec-Fetch-Site: none"]],
  ])("of %s is served", async (_who, headers) => {
    const before = reached;
    expect((await post(headers)).status).toBe(202);
    expect(reached).toBe(before + 1);
  });

  it.each([
    ["a rebound name", ["Host: evil.example"]],
    ["a rebound name with our port", ["Host: evil.example:PORT"]],
    [
      "a rebound name that matches its own origin",
      ["Host: evil.example:PORT", "Origin: http://evil.example:PORT", "Sec-Fetch-Site: same-origin"],
    ],
    ["a name below localhost", ["Host: evil.localhost:PORT"]],
    ["a name that begins like ours", ["Host: 127.0.0.1.evil.example:PORT"]],
    ["a name that ends like ours", ["Host: evil-localhost:PORT"]],
    ["our name with a trailing dot", ["Host: localhost.:PORT"]],
    ["our name without the port", ["Host: 127.0.0.1"]],
    ["our name with another port", ["Host: 127.0.0.1:1"]],
    ["another spelling of loopback", ["Host: 127.1:PORT"]],
    ["any address", ["Host: 0.0.0.0:PORT"]],
    ["two Hosts", ["Host: 127.0.0.1:PORT", "Host: evil.example"]],
    ["two Hosts, ours last", ["Host: evil.example", "Host: 127.0.0.1:PORT"]],
    ["an empty Host", ["Host: "]],
    ["a Host with a user name", ["Host: evil@127.0.0.1:PORT"]],
    ["another site", ["Host: 127.0.0.1:PORT", "Origin: https://evil.example"]],
    ["another site, marked", ["Host: 127.0.0.1:PORT", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"]],
    [
      "another port of this machine",
      ["Host: 127.0.0.1:PORT", "Origin: http://127.0.0.1:3000", "Sec-Fetch-Site: same-site"],
    ],
    ["another port, without an origin", ["Host: 127.0.0.1:PORT", "Sec-Fetch-Site: same-site"]],
    ["another scheme", ["Host: 127.0.0.1:PORT", "Origin: https://127.0.0.1:PORT"]],
    ["another name of ours", ["Host: 127.0.0.1:PORT", "Origin: http://localhost:PORT"]],
    ["a sandboxed frame or a file", ["Host: 127.0.0.1:PORT", "Origin: null"]],
    ["an origin that begins like ours", ["Host: 127.0.0.1:PORT", "Origin: http://127.0.0.1:PORT.evil.example"]],
    ["an extension's page", ["Host: 127.0.0.1:PORT", "Origin: chrome-extension://abcdef"]],
    ["an empty Origin", ["Host: 127.0.0.1:PORT", "Origin: "]],
    [
      "a form of another site that navigates here",
      ["Host: 127.0.0.1:PORT", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"],
    ],
    ["an unknown Sec-Fetch-Site", ["Host: 127.0.0.1:PORT", "Sec-Fetch-Site: same-origin, cross-site"]],
  ])("of %s is refused, and does nothing", async (_who, headers) => {
    const before = reached;
    const answer = await post(headers);
    expect([400, 403]).toContain(answer.status);
    expect(answer.body).toContain('"error"');
    expect(answer.head.toLowerCase()).toContain("content-security-policy");
    expect(reached).toBe(before);
  });

  const navigate = (target: string, dest = "document", origin?: string) =>
    sendRequest(port, {
      path: target,
      headers: [
        `Host: 127.0.0.1:${port}`,
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Mode: navigate",
        `Sec-Fetch-Dest: ${dest}`,
        ...(origin === undefined ? [] : [`Origin: ${origin}`]),
      ],
    });

  it("that follows a link of another site to a page is served, but to no interface", async () => {
    expect((await navigate("/")).status).toBe(200);
    expect((await navigate("/api/status")).status).toBe(403);
    expect((await navigate("/metrics")).status).toBe(403);
  });

  it("that names its host in the request line is judged by that name too", async () => {
    const ask = (name: string) =>
      sendRequest(port, { path: `http://${name}/api/status`, headers: [`Host: 127.0.0.1:${port}`] });
    expect((await ask(`127.0.0.1:${port}`)).status).toBe(200);
    for (const name of ["evil.example", `evil.example:${port}`, "127.0.0.1"])
      expect((await ask(name)).status).toBe(403);
  });

  it("for a page in another site's frame is refused", async () => {
    for (const dest of ["iframe", "embed", "object"]) expect((await navigate("/", dest)).status).toBe(403);
  });

  it("for the health of the bot is served under any Host", async () => {
    for (const target of ["/healthz", "/readyz"]) {
      expect((await sendRequest(port, { path: target, headers: ["Host: 10.0.0.7:8787"] })).status).toBe(200);
      expect((await sendRequest(port, { path: `${target}/`, headers: ["Host: 10.0.0.7:8787"] })).status).toBe(403);
    }
  });
});
