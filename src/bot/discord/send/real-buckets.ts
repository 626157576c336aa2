import type { Route } from "./route.js";

export interface RealBuckets {
  /**
   * Name of the budget that a call counts in, as far as is known; begins with the route's name, or Discord's own for
   * its bucket, before an @.
   */
  bucketOf(route: Route): string;
  /**
   * Takes in what Discord calls the bucket of a call, and gives the budget that it was taken from and the one that it
   * belongs to.
   */
  learn(route: Route, hash: string | undefined): { readonly from: string; readonly bucket: string };
  /** The name of the route that a budget was first used for. */
  routeNameOf(bucket: string): string;
}

/** How many channels are remembered; the ones seen longest ago are learned again. */
const MOST_OWN = 2_000;

/** Which calls Discord counts as one: it tells by a name of its own with each answer. */
export function createRealBuckets(): RealBuckets {
  /** What a route's bucket is called, as the first answer told. */
  const usual = new Map<string, string>();
  /** The bucket of a single channel that differs from the others. */
  const own = new Map<string, string>();

  const routeNames = new Map<string, string>();

  const keyOf = ({ name, major }: Route) => `${name}@${major}`;
  const bucketOf = (route: Route) => {
    const hash = own.get(keyOf(route)) ?? usual.get(route.name);
    return hash === undefined ? keyOf(route) : `${hash}@${route.major}`;
  };
  return {
    bucketOf,
    learn(route, hash) {
      const from = bucketOf(route);
      if (hash === undefined) return { from, bucket: from };
      if (!routeNames.has(hash)) routeNames.set(hash, route.name);
      if (!usual.has(route.name)) usual.set(route.name, hash);
      if (usual.get(route.name) === hash) own.delete(keyOf(route));
      else {
        if (own.size >= MOST_OWN) {
          own.clear();
          routeNames.clear();
        }
        own.set(keyOf(route), hash);
      }
      return { from, bucket: bucketOf(route) };
    },
    routeNameOf(bucket) {
      const [name = ""] = bucket.split("@");
      return routeNames.get(name) ?? name;
    },
  };
}
