import type { PersonalData } from "../../src/commands/command-deps.js";

const refuse = () => Promise.reject(new Error("nobody asks for a person here"));

/** For tests without `/privacy`. */
export const unusedPersonalData: PersonalData = { summary: refuse, export: refuse, erase: refuse };
