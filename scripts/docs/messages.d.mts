export interface Messages {
  readonly bot: readonly string[];
  readonly pages: readonly string[];
}

export function extractMessages(code: string, file: string): string[];
export function collectMessages(folder: string): Messages;
export function messagesFile(messages: Messages): string;
export function languageFile(messages: Messages, before: string): string;
