import { closestTo, editDistance } from "../edit-distance.js";
import { type HostConfig, shapeHost } from "./config-host.js";
import { hostVariables } from "./host-variables.js";
import { isPrivateAddress, passwordsIn, type ValuesOf, type Variables } from "./variables.js";

/** What is wrong with one variable, or probably is, and how to fix it. Never holds a value. */
export interface Fault {
  readonly variable: string;
  readonly fix: string;
}

export interface ConfigureContext {
  /** Ids that earlier definitions of the same registry configured. */
  readonly configured: readonly string[];
  /** Ids of all definitions of the same registry, whether configured or not. */
  readonly builtIn: readonly string[];
  fault(variable: string, fix: string): void;
}

/** Something that the environment can switch on: it declares its variables and says what they configure. */
export interface Definition<S> {
  readonly id: string;
  readonly variables: Variables;
  /** Returns nothing where its required variables are unset; that is no error. */
  configure(values: ValuesOf<Variables>, context: ConfigureContext): readonly S[];
}

/** Keeps the types of a definition's own variables inside `configure`. */
export function define<V extends Variables, S>(definition: {
  readonly id: string;
  readonly variables: V;
  configure(values: ValuesOf<V>, context: ConfigureContext): readonly S[];
}): Definition<S> {
  // Sound at the border: parseConfig reads each value by the schema of the same variable.
  return definition as unknown as Definition<S>;
}

/** What a definition configured. */
interface Configured {
  readonly id: string;
  /** Address that its key is sent to. */
  readonly baseUrl?: string | undefined;
  /** A key or token. */
  readonly key?: string | undefined;
}

export interface Config<P, C> extends HostConfig {
  /** In the order of the registry. */
  readonly providers: readonly P[];
  /** In the order of the registry. */
  readonly platforms: readonly C[];
  /** Every secret value, for the log's scrubber. */
  readonly secrets: readonly string[];
}

export type ParsedConfig<P, C> = {
  /** What should be changed but stops no start, as a variable whose name is close to a known one. */
  readonly warnings: readonly Fault[];
} & (
  | { readonly config: Config<P, C> }
  /** `checkable`: what can be checked anyway, with the default in the place of each faulty value. */
  | { readonly faults: readonly Fault[]; readonly checkable: Config<P, C> }
);

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Registered<P, C> {
  readonly providers: readonly Definition<P>[];
  readonly platforms: readonly Definition<C>[];
  /** URL schemes that a store is registered for, as "sqlite". */
  readonly storeSchemes: readonly string[];
}

/** Reads and judges the whole environment; all faults come at once. */
export function parseConfig<P extends Configured, C extends Configured>(
  environment: Environment,
  registered: Registered<P, C>,
): ParsedConfig<P, C> {
  const faults: Fault[] = [];
  const fault = (variable: string, fix: string) => void faults.push({ variable, fix });
  const secrets = new Set<string>();
  const read = <V extends Variables>(variables: V) => readValues(environment, variables, fault, secrets);

  const host = read(hostVariables);
  for (const password of passwordsIn(host.STORE_URL)) secrets.add(password);
  const providers = configureAll(registered.providers, { read, fault });
  const platforms = configureAll(registered.platforms, { read, fault });
  for (const { key } of [...providers, ...platforms]) if (key !== undefined) secrets.add(key);
  const faultsSoFar = faults.length;
  const platformIds = registered.platforms.map(({ id }) => id);
  const known = Object.keys(allVariables([...registered.providers, ...registered.platforms]));
  const warnings = [...nearMisses(environment, known)];
  const warn = (variable: string, fix: string) => void warnings.push({ variable, fix });
  const providerIds = [...new Set([...registered.providers, ...providers].map(({ id }) => id))];
  const { storeSchemes } = registered;
  const shaped = shapeHost(host, { storeSchemes, platforms: platformIds, providers: providerIds, fault, warn });
  const defaultProvider = shaped.chat.defaultModel?.provider;
  const isKnown = providers.some((provider) => provider.id === defaultProvider);
  // With another fault the provider may be missing only because of that one.
  if (defaultProvider !== undefined && !isKnown && faultsSoFar === 0) {
    const ids = providers.map((provider) => provider.id).join(", ") || "none";
    fault("DEFAULT_MODEL", `names the provider "${defaultProvider}", which is not configured (configured: ${ids})`);
  }
  const config = { ...shaped, providers, platforms, secrets: [...secrets] };
  return faults.length > 0 ? { faults, checkable: config, warnings } : { config, warnings };
}

/** Variables that nothing reads, whose names come close to one that is read. */
function nearMisses(environment: Environment, known: readonly string[]): readonly Fault[] {
  const isSet = (name: string) => cleanValue(environment[name]) !== undefined;
  return Object.keys(environment).flatMap((variable) => {
    const meant = known.includes(variable) || !isSet(variable) ? undefined : meantVariable(variable, known, isSet);
    if (meant === undefined) return [];
    return [{ variable, fix: `is not a variable of Evergreen, so it is ignored; did you mean ${meant}?` }];
  });
}

interface ConfigureDeps {
  read(variables: Variables): ValuesOf<Variables>;
  fault(variable: string, fix: string): void;
}

/** What the definitions of one registry make of the environment, each knowing what the ones before it configured. */
function configureAll<S extends Configured>(definitions: readonly Definition<S>[], { read, fault }: ConfigureDeps) {
  const builtIn = definitions.map(({ id }) => id);
  const configured: S[] = [];
  for (const definition of definitions) {
    const ids = configured.map(({ id }) => id);
    for (const found of definition.configure(read(definition.variables), { configured: ids, builtIn, fault })) {
      const { id, key, baseUrl } = found;
      if (key !== undefined && baseUrl !== undefined && !isSafeForKey(baseUrl)) {
        const fix = `sends the key of "${id}" over plain http to a public address; use https://`;
        fault(addressVariable(definition.variables), fix);
      }
      configured.push(found);
    }
  }
  return configured;
}

/** Every variable that is read. */
export function allVariables(definitions: readonly Pick<Definition<unknown>, "variables">[]): Variables {
  return Object.assign({}, hostVariables, ...definitions.map((definition) => definition.variables));
}

/** Whether a key may be sent to an address: over plain http only where nobody beyond the own network can read it. */
export const isSafeForKey = (url: string) => !URL.canParse(url) || url.startsWith("https:") || isPrivateAddress(url);

const addressVariable = (variables: Variables) =>
  Object.keys(variables).find((name) => name.endsWith("_URL")) ?? Object.keys(variables)[0] ?? "";

/** Surrounding white space and one pair of quotes go; empty means unset. */
export function cleanValue(raw: string | undefined): string | undefined {
  const trimmed = raw
    ?.trim()
    .replace(/^(["'])([\s\S]*)\1$/, "$2")
    .trim();
  return trimmed === "" ? undefined : trimmed;
}

function readValues<V extends Variables>(
  environment: Environment,
  variables: V,
  fault: (variable: string, fix: string) => void,
  secrets: Set<string>,
): ValuesOf<V> {
  const values = Object.entries(variables).map(([name, variable]) => {
    const value = cleanValue(environment[name]);
    if (variable.isSecret && value !== undefined) secrets.add(value);
    const parsed = variable.schema.safeParse(value);
    if (parsed.success) return [name, parsed.data];
    for (const fix of new Set(parsed.error.issues.map((issue) => issue.message))) fault(name, fix);
    // Goes on with what an unset variable would give, so that the rules across variables are judged as well.
    return [name, variable.schema.safeParse(undefined).data];
  });
  return Object.fromEntries(values) as ValuesOf<V>;
}

/** Most typing errors that still make a variable's name a likely mistake: DATABASE_URL is not XAI_BASE_URL. */
const MOST_TYPING_ERRORS = 2;

/** How other programs end the names of what is called X_API_KEY and X_BASE_URL here. */
const OTHER_ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/_(API_?)?(KEY|TOKEN|SECRET)$/, "_API_KEY"],
  [/_(API_)?(BASE|URL|HOST|ENDPOINT|BASE_URL|BASEURL)$/, "_BASE_URL"],
];

/**
 * Returns the known variable that an unknown one was probably meant to be: a typing error away, or, of those that are
 * not set, with a word more or less or with another program's ending. Undefined where there is none, as for most of an
 * environment.
 */
export function meantVariable(
  name: string,
  known: readonly string[],
  isSet: (known: string) => boolean,
): string | undefined {
  const [closest] = closestTo(name, known, { most: 1 });
  const isTypingError =
    closest !== undefined && editDistance(name.toUpperCase(), closest, MOST_TYPING_ERRORS) <= MOST_TYPING_ERRORS;
  if (isTypingError) return closest;
  const unset = known.filter((each) => !isSet(each));
  return unset.find((each) => differsByAWord(name, each)) ?? otherEnding(name, unset);
}

/** DISCORD_BOT_TOKEN and DISCORD_TOKEN, OPENAI_KEY and OPENAI_API_KEY: the first word and the last are the same. */
function differsByAWord(a: string, b: string): boolean {
  const [longer, shorter] = [a.toUpperCase().split("_"), b.toUpperCase().split("_")].sort(
    (one, other) => other.length - one.length,
  ) as [string[], string[]];
  if (longer.length - shorter.length !== 1 || shorter.length < 2) return false;
  if (longer[0] !== shorter[0] || longer.at(-1) !== shorter.at(-1)) return false;
  return longer.some((_word, without) => longer.filter((_each, at) => at !== without).join("_") === shorter.join("_"));
}

function otherEnding(name: string, known: readonly string[]): string | undefined {
  for (const [ending, ours] of OTHER_ENDINGS) {
    const meant = name.toUpperCase().replace(ending, ours);
    if (meant !== name && known.includes(meant)) return meant;
  }
  return undefined;
}
