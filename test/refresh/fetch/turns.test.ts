import { describe, expect, it } from "vitest";
import { createTurns } from "../../../src/refresh/fetch/turns.js";
import { settle } from "../../support/fake-clock.js";

describe("createTurns()", () => {
  it("lets others run between two callers", async () => {
    const turn = createTurns();
    const order: string[] = [];
    for (const name of ["a", "b", "c"]) void turn().then(() => order.push(name));
    const others = () => {
      order.push("-");
      if (order.length < 20) setImmediate(others);
    };
    setImmediate(others);
    await settle();
    expect(order.join("")).toMatch(/^-?a-+b-+c-+$/);
  });
});
