#!/usr/bin/env node
// Starts a build: this file is its main.js. It loads the chunks beside it with V8's cache of compiled code, so that from
// the second start on nothing is compiled again, which is a fifth of a start's CPU. Some seconds after a start it writes
// what it had to compile into a folder beside the chunks, one for each version of Node.js; where that may not be written,
// the start is as slow as the first.
"use strict";
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { basename, dirname, join } = require("node:path");
const { pathToFileURL } = require("node:url");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

// Left alone, V8 lets garbage stand until the heap is several times as large as what is in use. Measured by `npm run bench
// -- conversations`: a third less memory for a twentieth more CPU time. V8 takes no code that was cached under other flags.
setFlagsFromString("--heap-growing-percent=50");
setFlagsFromString("--max-semi-space-size=4"); // for later threads; `npm start` sets it for the main one

/** By then what a start calls is compiled, too. */
const WRITE_AFTER_MS = 10_000;
const HEAD = "(function (exports, require, module, __filename, __dirname) {";

const folder = join(__dirname, `code-cache-${process.version}-${process.arch}`);
const loaded = new Map();
/** What is not in the cache, by the file's name. */
const compiled = new Map();

function cachedCode(name) {
  try {
    return readFileSync(join(folder, name));
  } catch {
    return undefined; // the first start of this version of Node.js
  }
}

function load(file) {
  const known = loaded.get(file);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(file, module);
  const name = basename(file);
  const source = `${HEAD}${readFileSync(file, "utf8")}\n})`;
  // As a URL, it is found in stack traces as that of a module is.
  const filename = pathToFileURL(file).href;
  const script = new Script(source, { filename, columnOffset: -HEAD.length, cachedData: cachedCode(name) });
  if (script.cachedDataRejected !== false) compiled.set(name, script);
  const requireFrom = (id) => (id.startsWith(".") ? load(join(dirname(file), id)) : require(id));
  script.runInThisContext()(module.exports, requireFrom, module, file, dirname(file));
  return module.exports;
}

async function writeCache() {
  try {
    for (const [name, script] of compiled) {
      mkdirSync(folder, { recursive: true });
      const unfinished = join(folder, `${name}.${process.pid}`);
      writeFileSync(unfinished, script.createCachedData());
      renameSync(unfinished, join(folder, name));
      await new Promise((done) => void setImmediate(done)); // whatever else waits goes first
    }
  } catch {
    // the folder is not ours to write
  }
  compiled.clear();
}

setTimeout(writeCache, WRITE_AFTER_MS).unref();
load(join(__dirname, require(join(__dirname, "package.json")).main));
