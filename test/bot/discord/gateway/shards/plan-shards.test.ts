import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planShards, type ShardFacts } from "../../../../../src/bot/discord/gateway/shards/plan-shards.js";

const shardsOf = (...holders: readonly (string | undefined)[]): readonly ShardFacts[] =>
  holders.map((holder, shard) => ({ shard, holder }));

describe("planShards()", () => {
  it("gives a replica that is alone every shard at once", () => {
    expect(planShards("a", [], shardsOf(undefined, undefined, undefined))).toEqual({ take: [0, 1, 2], giveTo: [] });
  });

  it("lets the one that has the most hand over what a new replica lacks, and moves nothing else", () => {
    const shards = shardsOf("a", "a", "a", "a", "b", "b");
    expect(planShards("a", ["b", "c"], shards).giveTo).toEqual(["c", "c"]);
    expect(planShards("b", ["a", "c"], shards).giveTo).toEqual([]);
    expect(planShards("c", ["a", "b"], shards)).toEqual({ take: [], giveTo: [] });
    expect(planShards("a", ["b"], shardsOf("a", "a", "b")).giveTo).toEqual([]);
  });

  it("keeps a shard that was handed over for the one that it is meant for, and for anybody when that one is gone", () => {
    const shards = [...shardsOf("a", "a", "a"), { shard: 3, holder: undefined, to: "b" }];
    expect(planShards("c", ["a", "b"], shards).take).toEqual([]);
    expect(planShards("b", ["a", "c"], shards).take).toEqual([3]);
    expect(planShards("c", ["a"], shards).take).toEqual([3]);
  });

  it("takes a shard that was left at the look before, also beyond its share", () => {
    const shards = [...shardsOf("a", "a"), { shard: 2, holder: undefined, to: "b", isLeft: true }];
    expect(planShards("a", ["b"], shards).take).toEqual([2]);
  });

  it("leaves no shard without a replica and no share larger than another by two, whoever comes and goes", () => {
    const step = fc.record({ kind: fc.constantFrom("come", "leave", "die"), index: fc.nat(9) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 12 }), (count, steps) => {
        const alive = ["r0"];
        let shards: ShardFacts[] = [...shardsOf(...Array<undefined>(count).fill(undefined))];
        const look = () => {
          for (const name of [...alive]) {
            const plan = planShards(name, alive, shards);
            const [to] = plan.giveTo;
            const given = shards.find(({ holder }) => holder === name)?.shard;
            shards = shards.map((facts) => {
              if (plan.take.includes(facts.shard)) return { shard: facts.shard, holder: name };
              if (to !== undefined && facts.shard === given) return { shard: facts.shard, holder: undefined, to };
              return facts.holder === undefined ? { ...facts, isLeft: true } : facts;
            });
          }
        };
        for (const [at, { kind, index }] of steps.entries()) {
          const name = alive[index % alive.length];
          if (kind === "come") alive.push(`r${at + 1}`);
          else if (alive.length > 1 && name !== undefined) {
            alive.splice(alive.indexOf(name), 1);
            shards = shards.map((facts) => (facts.holder === name ? { shard: facts.shard, holder: undefined } : facts));
          }
          look();
        }
        for (let round = 0; round < count + 5; round++) look();
        const held = alive.map((name) => shards.filter(({ holder }) => holder === name).length);
        expect(held.reduce((sum, one) => sum + one, 0)).toBe(count);
        expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
