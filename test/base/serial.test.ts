import { describe, expect, it } from "vitest";
import { createSerial } from "../../src/base/serial.js";
import { settle } from "../support/fake-clock.js";

/** Work that ends when the test says so. */
function work<T>() {
  const { promise, resolve, reject } = deferred<T>();
  let isStarted = false;
  return {
    run: () => {
      isStarted = true;
      return promise;
    },
    isStarted: () => isStarted,
    resolve,
    reject,
  };
}

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

describe("createSerial()", () => {
  it("starts work of one key after the end of the one before", async () => {
    const serial = createSerial();
    const [first, second, third] = [work<number>(), work<number>(), work<number>()];
    const results = [serial("key", first.run), serial("key", second.run), serial("key", third.run)];
    await settle();
    expect([first.isStarted(), second.isStarted(), third.isStarted()]).toEqual([true, false, false]);
    first.resolve(1);
    await settle();
    expect([second.isStarted(), third.isStarted()]).toEqual([true, false]);
    second.resolve(2);
    third.resolve(3);
    expect(await Promise.all(results)).toEqual([1, 2, 3]);
  });

  it("runs other keys meanwhile", async () => {
    const serial = createSerial();
    void serial("stuck", work().run);
    expect(await serial("free", async () => "done")).toBe("done");
  });

  it("goes on after work that failed, and tells its caller", async () => {
    const serial = createSerial();
    const failing = work();
    const failed = serial("key", failing.run);
    const next = serial("key", async () => "next");
    failing.reject(new Error("no"));
    await expect(failed).rejects.toThrow("no");
    expect(await next).toBe("next");
    expect(await serial("key", async () => "later")).toBe("later");
  });
});
