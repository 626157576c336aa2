/** A suggestion: its title is pressed, its message is sent. */
export interface Prompt {
  readonly title: string;
  readonly message: string;
}

/** Offered where a person begins to write; in the manifest as well. */
export const PROMPTS: readonly Prompt[] = [
  { title: "What can you do?", message: "What can you help me with, and which commands are there?" },
  { title: "Explain something", message: "Explain how a hash map works, with a small example." },
  { title: "Write a draft", message: "Draft a short, friendly message that moves a meeting to next week." },
  { title: "Review code", message: "Review this code and tell me what you would change:" },
];
