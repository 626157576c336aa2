import { describe, expect, it } from "vitest";
import { createYieldInOrder } from "../../../src/refresh/fetch/refresh-one.js";
import { settle } from "../../support/fake-clock.js";

describe("createYieldInOrder()", () => {
  it("lets others run between two callers", async () => {
    const yieldInOrder = createYieldInOrder();
    const order: string[] = [];
    for (const name of ["a", "b", "c"]) void yieldInOrder().then(() => order.push(name));
    const others = () => {
      order.push("-");
      if (order.length < 20) setImmediate(others);
    };
    setImmediate(others);
    await settle();
    expect(order.join("")).toMatch(/^-?a-+b-+c-+$/);
  });
});
