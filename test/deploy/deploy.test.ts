import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const textOf = (file: string) => readFileSync(file, "utf8");

describe("the deployment files", () => {
  it("copy into the image what the build reads, and nothing of a developer's folder", () => {
    const docker = textOf("Dockerfile");
    const allowed = textOf(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const copied = [...docker.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, names]) => names?.split(" ") ?? []);
    expect([...copied].sort()).toEqual([...allowed].sort());
    expect(allowed).not.toContain(".env");
  });

  it("run without rights, on a read-only root, with a health check and time to stop", () => {
    expect(textOf("Dockerfile")).toMatch(/^USER node$/m);
    expect(textOf("Dockerfile")).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-/m); // an exact version, the same for both
    expect(textOf("Dockerfile")).not.toMatch(/^FROM (?!\$\{NODE_IMAGE\})/m);
    expect(textOf("Dockerfile")).toMatch(/^HEALTHCHECK [\s\S]*\/healthz/m);
    for (const file of ["compose.yaml", "deploy/compose.postgres.yaml"]) {
      const compose = textOf(file);
      for (const line of [
        "read_only: true",
        "no-new-privileges:true",
        "cap_drop:",
        "stop_grace_period: 40s",
        'user: "1000:1000"',
      ]) {
        expect([file, compose.includes(line)]).toEqual([file, true]);
      }
      expect(compose).not.toMatch(/^\s+- (?!127\.0\.0\.1:)[\d.:]*\d+:\d+$/m); // no port open to other machines
    }
    const unit = textOf("deploy/evergreen.service");
    for (const line of [
      "DynamicUser=yes",
      "ProtectSystem=strict",
      "NoNewPrivileges=yes",
      "RestartPreventExitStatus=2",
      "TimeoutStopSec=40",
    ]) {
      expect(unit).toContain(line);
    }
  });

  it.each(["compose.yaml", "deploy/compose.postgres.yaml"])(
    "%s serves the addresses that it publishes, whatever the settings say",
    (file) => {
      const compose = textOf(file);
      const published = [...compose.matchAll(/^\s+- 127\.0\.0\.1:(\d+):(\d+)$/gm)];
      expect(published.length).toBe(1);
      for (const [, outside, inside] of published) {
        expect(compose).toContain(`HTTP_PORT: ${inside}`);
        if (outside === inside) continue;
        // By another port the Host is another one than the bot's own.
        expect(compose).toMatch(new RegExp(`HTTP_ALLOWED_HOSTS: 127\\.0\\.0\\.1:${outside},localhost:${outside}`));
      }
    },
  );
});
