// Writes .env.example anew from what providers, platforms and the host declare.
import { readFileSync, writeFileSync } from "node:fs";
import { envExample } from "#bot/base/config/env-example.js";
import { platformDefinitions } from "#bot/bot/registry.js";
import { providerDefinitions } from "#bot/providers/registry.js";

const path = new URL("../.env.example", import.meta.url);
const text = envExample({ providers: providerDefinitions, platforms: platformDefinitions });
if (readFileSync(path, "utf8") !== text) writeFileSync(path, text);
