// Writes .env.example anew from what providers, platforms and the host declare.
import { readFileSync, writeFileSync } from "node:fs";
import { envExample } from "../dist/base/env-example.js";
import { platformDefinitions } from "../dist/bot/registry.js";
import { providerDefinitions } from "../dist/providers/registry.js";

const path = new URL("../.env.example", import.meta.url);
const text = envExample({ providers: providerDefinitions, platforms: platformDefinitions });
if (readFileSync(path, "utf8") !== text) writeFileSync(path, text);
