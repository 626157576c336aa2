import { describe, expect, it } from "vitest";
import { posted } from "../board-world.js";

describe("a board in a German workspace", () => {
  it("turns German with the setting, and keeps the fixed indicator and the time since when it holds", async () => {
    const { settings, text, clock } = await posted();
    const since = /since: (<t:\d+:R>)/.exec(text())?.[1];
    await clock.advance(60_000);
    await settings.change("fake:home", (before) => ({ ...before, language: "de" }));
    await clock.advance(2_000);
    expect(text()).toContain("**Modelllisten**\n✓ Auto-refreshed - models up to date");
    expect(text()).toContain(`letzter Statuswechsel: ${since}`);
    expect(text()).toContain("Auto-Aktualisierung: an, alle 5 Minuten (Standard des Betreibers)");
  });

  it("says in German that the bot was stopped", async () => {
    const { board, settings, text } = await posted();
    await settings.change("fake:home", (before) => ({ ...before, language: "de" }));
    await board.stop();
    expect(text()).toContain("⏹️ Der Bot wurde gestoppt");
  });
});
