import { describe, expect, it } from "vitest";
import { platformDefinitions } from "../../src/bot/registry.js";

describe("platformDefinitions", () => {
  const ids = platformDefinitions.map(({ id }) => id);

  it("have an id of their own each, which settings and operators can be named by", () => {
    expect([...new Set(ids)]).toEqual(ids);
    expect(ids.filter((id) => !/^[a-z][a-z0-9-]*$/.test(id))).toEqual([]);
  });

  it("end in the playground, which is on where nothing before it is configured", () => {
    expect(ids.at(-1)).toBe("playground");
  });

  it("contribute programs of different names", () => {
    const names = platformDefinitions.flatMap(({ programs = [] }) => programs.map(({ name }) => name));
    expect(names).toContain("slack-manifest");
    expect([...new Set(names)]).toEqual(names);
  });
});
