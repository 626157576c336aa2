import { type HostConfig, shapeHost } from "./config-host.js";
import { hostVariables } from "./host-variables.js";
import { isPrivateAddress, passwordsIn, type ValuesOf, type Variables } from "./variables.js";

/** What is wrong with one variable, and how it is mended. Never holds a value. */
export interface Fault {
  readonly variable: string;
  readonly mend: string;
}

export interface ConfigureContext {
  /** Ids that earlier definitions configured. */
  readonly configured: readonly string[];
  /** Ids of all definitions, whether configured or not. */
  readonly builtIn: readonly string[];
  fault(variable: string, mend: string): void;
}

/** Something that the environment can switch on: it declares its variables and says what they configure. */
export interface Definition<S> {
  readonly id: string;
  readonly variables: Variables;
  /** Nothing where its required variables are unset; that is no error. */
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

interface ProviderChoice {
  readonly id: string;
  readonly baseUrl: string;
  readonly key?: string | undefined;
}

export interface Config<P> extends HostConfig {
  /** In the order of the registry. */
  readonly providers: readonly P[];
  /** Every secret value, for the log's scrubber. */
  readonly secrets: readonly string[];
}

export type ParsedConfig<P> = { readonly config: Config<P> } | { readonly faults: readonly Fault[] };

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Registered<P> {
  readonly providers: readonly Definition<P>[];
  /** URL schemes that a store is registered for, as "sqlite". */
  readonly storeSchemes: readonly string[];
}

/** Reads and judges the whole environment; all faults come at once. */
export function parseConfig<P extends ProviderChoice>(
  environment: Environment,
  registered: Registered<P>,
): ParsedConfig<P> {
  const faults: Fault[] = [];
  const fault = (variable: string, mend: string) => void faults.push({ variable, mend });
  const secrets = new Set<string>();
  const read = <V extends Variables>(variables: V) => readValues(environment, variables, fault, secrets);

  const host = read(hostVariables);
  for (const password of passwordsIn(host.STORE_URL)) secrets.add(password);
  const providers: P[] = [];
  const builtIn = registered.providers.map((definition) => definition.id);
  for (const definition of registered.providers) {
    const configured = providers.map((provider) => provider.id);
    const values = read(definition.variables);
    const found = definition.configure(values, { configured, builtIn, fault });
    for (const provider of found) {
      if (provider.key !== undefined) secrets.add(provider.key);
      if (provider.key !== undefined && !isSafeForKey(provider.baseUrl)) {
        fault(
          addressVariable(definition.variables),
          `sends the key of "${provider.id}" over plain http to a public address; use https://`,
        );
      }
    }
    providers.push(...found);
  }
  const faultsSoFar = faults.length;
  const shaped = shapeHost(host, { storeSchemes: registered.storeSchemes, fault });
  const defaultProvider = shaped.chat.defaultModel?.provider;
  const isKnown = providers.some((provider) => provider.id === defaultProvider);
  // With another fault the provider may be missing only because of that one.
  if (defaultProvider !== undefined && !isKnown && faultsSoFar === 0) {
    const known = providers.map((provider) => provider.id).join(", ") || "none";
    fault("DEFAULT_MODEL", `names the provider "${defaultProvider}", which is not configured (configured: ${known})`);
  }
  if (faults.length > 0) return { faults };
  return { config: { ...shaped, providers, secrets: [...secrets] } };
}

/** Every variable that is read, for `.env.example` and the documentation. */
export function allVariables(definitions: readonly Definition<unknown>[]): Variables {
  return Object.assign({}, hostVariables, ...definitions.map((definition) => definition.variables));
}

const isSafeForKey = (url: string) => !URL.canParse(url) || url.startsWith("https:") || isPrivateAddress(url);

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
  fault: (variable: string, mend: string) => void,
  secrets: Set<string>,
): ValuesOf<V> {
  const values = Object.entries(variables).map(([name, variable]) => {
    const value = cleanValue(environment[name]);
    if (variable.isSecret && value !== undefined) secrets.add(value);
    const parsed = variable.schema.safeParse(value);
    if (parsed.success) return [name, parsed.data];
    for (const mend of new Set(parsed.error.issues.map((issue) => issue.message))) fault(name, mend);
    // Goes on with what an unset variable would give, so that the rules across variables are judged as well.
    return [name, variable.schema.safeParse(undefined).data];
  });
  return Object.fromEntries(values) as ValuesOf<V>;
}
