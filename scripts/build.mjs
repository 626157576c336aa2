// Builds src/ into a folder named after its sources (dist-<hash>) and points the link dist/ at it in one step.
// A running process keeps the folder it was started from, so that another build never changes a module it loads later.
// The program is bundled with its libraries, since loading thousands of files is most of a start; loader.cjs loads the
// bundle. What the benchmarks and scripts import stands below modules/, file by file. Types are checked by `npm run types`.
// Without the bundler (an install with --omit=dev) an existing dist/ is run as it is.
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { noticesOf, packageFolder } from "./notices.mjs";

/** Builds that stay, the newest first: a process that runs from an older one can no longer load further modules. */
const KEPT_BUILDS = 10;
/** How often a build starts over because the sources changed while it ran. */
const ATTEMPTS = 3;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, "src");
const dist = join(root, "dist");
const own = (purpose) => join(root, `dist-${purpose}.${process.pid}`);
const remove = (path) => rmSync(path, { recursive: true, force: true });

/** Loaded from node_modules as they are: native code, data files beside it, and parts that few installs have. */
const UNBUNDLED = [
  /^(libsql|@napi-rs\/canvas)$/,
  /^(zlib-sync|bufferutil|utf-8-validate|erlpack|mac-ca|pg-native|pg-cloudflare)$/,
];
/** Files that the program starts as threads of their own. */
const WORKER_FILE = /-worker\.ts$/;

/**
 * Source text stays in memory, two bytes a character where one of them is beyond Latin-1. Names stay, for stack traces.
 */
const COMPACT = { compress: false, mangle: false, codegen: { removeWhitespace: true, asciiOnly: true } };

async function loadBundler() {
  try {
    return (await import("rolldown")).rolldown;
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    if (existsSync(join(dist, "main.js"))) process.exit(0);
    console.error(
      "There is no dist/ to run and no bundler to make it. Run `npm ci` (without --omit=dev) and then `npm run build`.",
    );
    process.exit(1);
  }
}

function filesBelow(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** A hash of everything that decides what a build contains. */
function sourceHash() {
  const scripts = ["build.mjs", "notices.mjs", "loader.cjs"].map((name) => join("scripts", name));
  const settings = ["package-lock.json", "tsconfig.json", ...scripts];
  const present = settings.map((name) => join(root, name)).filter((path) => existsSync(path));
  const hash = createHash("sha256");
  for (const path of [...present, ...filesBelow(sources).sort()]) {
    const content = readFileSync(path);
    hash.update(`${relative(root, path)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}

/** A source file's place below the build, whatever chunk it became a part of: it finds the files beside it there. */
const placesPlugin = {
  name: "places",
  transform: {
    filter: { id: /\.ts$/, code: /import\.meta\.url/ },
    handler(code, id) {
      if (!id.startsWith(sources + sep)) return undefined;
      const place = relative(sources, id).replaceAll(sep, "/").replace(/ts$/, "js");
      const url = `new URL(${JSON.stringify(place)}, import.meta.url).href`;
      return { code: code.replaceAll("import.meta.url", url), map: null };
    },
  },
  renderChunk(_code, { fileName, moduleIds }) {
    const [stray] = moduleIds.filter(
      (id) => fileName.includes("/") && id.startsWith(sources) && readFileSync(id, "utf8").includes("import.meta"),
    );
    if (stray !== undefined) throw new Error(`${stray}: import.meta has no place in a worker's own file`);
    return undefined;
  },
};

/** Leaves the libraries out of the source maps, which would be twenty times as large. */
const mapsPlugin = {
  name: "maps",
  transform: { filter: { id: /node_modules/ }, handler: (code) => ({ code, map: { mappings: "" } }) },
};

/** Bundles a package once, of which the package manager had to install several copies of one version. */
function copiesPlugin() {
  /** @type {Map<string, string>} */
  const roots = new Map();
  return {
    name: "copies",
    async resolveId(source, importer, options) {
      const found = await this.resolve(source, importer, { ...options, skipSelf: true });
      const root = packageFolder(found?.id);
      if (found?.external || root === undefined || !existsSync(join(root, "package.json"))) return found;
      const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
      const first = roots.get(`${name}@${version}`) ?? root;
      roots.set(`${name}@${version}`, first);
      return { ...found, id: first + found.id.slice(root.length) };
    },
  };
}

/**
 * What libraries load and the bot makes no use of, by the package that loads it: servers and installations of Slack's SDK
 * and its own Socket Mode, collecting metrics from a cluster's processes, log threads, HTTP/2. That is half of the code of
 * a start with both platforms. Whoever calls it all the same gets a TypeError.
 */
const UNUSED = [
  [/@slack[\\/]bolt[\\/]/, /^(express|raw-body|path-to-regexp|@slack\/oauth|@slack\/socket-mode)$/],
  [/prom-client[\\/]/, /^(cluster|tdigest|@opentelemetry\/api|\.\/lib\/(cluster|pushgateway))$/],
  [/pino[\\/]/, /^thread-stream$/],
];
/** Hono's adapter asks of each request whether it is one of HTTP/2. */
const NO_HTTP2 = "export class Http2ServerRequest {}; export const constants = {};";
const unusedPlugin = {
  name: "unused",
  resolveId(source, importer = "") {
    if (source === "node:http2" && importer.includes("node-server")) return "\0http2";
    return UNUSED.some(([by, what]) => by.test(importer) && what.test(source)) ? "\0unused" : undefined;
  },
  load: (id) => (id === "\0unused" ? "module.exports = {};" : id === "\0http2" ? NO_HTTP2 : undefined),
};

async function write(options, output) {
  const bundle = await bundler({ platform: "node", checks: { eval: false }, ...options });
  const written = await bundle.write({ sourcemap: true, ...output });
  await bundle.close();
  const ids = written.output.flatMap((part) => (part.type === "chunk" ? part.moduleIds : []));
  return ids.filter((id) => !id.startsWith("\0"));
}

/** A name stands for one content, so that no code is taken that V8 has cached of another; threads are started by theirs. */
const entryFileNames = ({ name }) => (name === "program" ? "[name]-[hash].js" : "[name].js");

async function compile(folder) {
  const files = filesBelow(sources).filter((path) => path.endsWith(".ts"));
  const workers = files.filter((path) => WORKER_FILE.test(path));
  const named = workers.map((path) => [relative(sources, path).replace(/\.ts$/, ""), path]);
  try {
    const moduleIds = await write(
      {
        input: { program: join(sources, "main.ts"), ...Object.fromEntries(named) },
        external: UNBUNDLED,
        plugins: [unusedPlugin, copiesPlugin(), placesPlugin, mapsPlugin],
      },
      { dir: folder, format: "cjs", entryFileNames, chunkFileNames: "[name]-[hash].js", minify: COMPACT },
    );
    for (const [name, text] of Object.entries(noticesOf(moduleIds))) writeFileSync(join(folder, name), text);
    await write(
      { input: files, external: (id) => !/^[./]/.test(id) },
      { dir: join(folder, "modules"), format: "esm", preserveModules: true, preserveModulesRoot: sources },
    );
  } catch (error) {
    remove(folder);
    console.error(error.message);
    process.exit(1);
  }
  cpSync(join(root, "scripts", "loader.cjs"), join(folder, "main.js"));
  const main = readdirSync(folder).find((name) => /^program-.*\.js$/.test(name));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ type: "commonjs", main })}\n`);
  writeFileSync(join(folder, "modules", "package.json"), '{ "type": "module" }\n');
  const filter = (path) => !path.endsWith(".ts");
  for (const target of [folder, join(folder, "modules")]) cpSync(sources, target, { recursive: true, filter });
  const pages = filesBelow(sources).filter((path) => path.endsWith(join("page", "app.js")));
  for (const page of pages) await bundlePage(join(folder, dirname(relative(sources, page))));
}

/** Of what a page imports, the server makes some itself and gives the libraries out as they are. */
const SERVED = /^\/assets\/(?:vendor\/|limits\.js$|shared\/(?:refresh-texts|messages)\.js$)/;

/** Puts a page's modules into one file, so that a browser makes one request for them; those it loads later stay apart. */
async function bundlePage(folder) {
  const shared = join(sources, "bot", "web", "http", "page");
  const sharedPlugin = {
    name: "shared",
    resolveId: (id) => (id.startsWith("/assets/shared/") ? join(shared, id.slice("/assets/shared/".length)) : null),
  };
  const modules = filesBelow(folder).filter((path) => path.endsWith(".js"));
  const input = { app: join(folder, "app.js") };
  const external = (id) => SERVED.test(id);
  const bundle = await bundler({ platform: "browser", input, external, plugins: [sharedPlugin] });
  const { output } = await bundle.generate({ format: "esm", minify: true, chunkFileNames: "[name]-[hash].js" });
  await bundle.close();
  for (const path of modules) remove(path);
  for (const part of output) if (part.type === "chunk") writeFileSync(join(folder, part.fileName), part.code);
}

/** Returns the name of a complete build of the sources as they are now. */
async function build() {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const hash = sourceHash();
    const name = `dist-${hash}`;
    if (existsSync(join(root, name))) return name;
    if (attempt === 1) console.error("building…");
    const folder = own("new");
    await compile(folder);
    if (sourceHash() === hash) {
      moveInto(folder, join(root, name));
      return name;
    }
    remove(folder);
  }
  console.error("The sources kept changing during the build. Run it again once they rest.");
  process.exit(1);
}

/** A build of the same sources that ends first wins. */
function moveInto(folder, target) {
  try {
    renameSync(folder, target);
  } catch (error) {
    remove(folder);
    if (!existsSync(target)) throw error;
  }
}

/** Replaces the link in one step, so that there is a dist/ at every moment. */
function pointTo(name) {
  const before = lstatSync(dist, { throwIfNoEntry: false });
  if (before?.isSymbolicLink() && readlinkSync(dist) === name) return;
  const now = new Date();
  utimesSync(join(root, name), now, now);
  if (before?.isDirectory()) setAside();
  const link = own("link");
  remove(link);
  symlinkSync(name, link);
  renameSync(link, dist);
}

/** A folder dist/ from before it was a link, which no link can replace in one step. */
function setAside() {
  try {
    renameSync(dist, own("old"));
    remove(own("old"));
  } catch (error) {
    if (error.code !== "ENOENT") throw error; // another build was faster
  }
}

const isRunning = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
};

/** Removes what killed builds left behind, and the builds beyond the newest ones. */
function tidy(current) {
  const names = readdirSync(root);
  for (const name of names) {
    const pid = /^dist-(?:new|old|link)\.(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) remove(join(root, name));
  }
  const builds = names.filter((name) => /^dist-[0-9a-f]{12}$/.test(name) && name !== current);
  const age = (name) => statSync(join(root, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sorted = builds.map((name) => ({ name, at: age(name) })).sort((a, b) => b.at - a.at);
  for (const { name } of sorted.slice(KEPT_BUILDS - 1)) remove(join(root, name));
}

const bundler = await loadBundler();
const name = await build();
pointTo(name);
tidy(name);
