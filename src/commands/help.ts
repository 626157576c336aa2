import { phrase, t } from "../languages/translate.js";
import { type Command, type Control, defineCommand, type Invocation } from "./command.js";
import { commandUsage } from "./grammar/read-value.js";
import { code } from "./wording/markdown.js";

const TOPICS = {
  chat: phrase`Chat`,
  models: phrase`Models`,
  settings: phrase`Settings`,
  more: phrase`More`,
} as const;
type Topic = keyof typeof TOPICS;
const isTopic = (word: string): word is Topic => Object.hasOwn(TOPICS, word);

/** Commands whose first word names another topic, or none. */
const TOPIC_OF: Readonly<Record<string, Topic>> = { "refresh-models": "models" };

/** `commands` is asked when somebody calls for help, so that help can be one of them. */
export const help = (commands: () => readonly Command[]) =>
  defineCommand({
    path: "help",
    about: "What I can do, and the commands by topic",
    access: "anyone",
    isForEveryone: true,
    visibility: "ephemeral",
    options: {
      topic: {
        kind: "choice",
        about: "the commands of one topic, with their options",
        values: Object.entries(TOPICS).map(([value, label]) => ({ value, label: label.english })),
      },
    },
    async *run({ topic }, invocation) {
      const markdown =
        topic === undefined ? overview(commands(), invocation) : detailsOf(topic as Topic, commands(), invocation);
      yield { markdown, controls: buttons(topic) };
    },
  });

const buttons = (shown: string | undefined): readonly Control[] =>
  Object.entries(TOPICS).flatMap(([topic, label]) =>
    topic === shown ? [] : [{ label: t(label), command: `/help ${topic}` }],
  );

/** Where commands can't be given in threads. */
const THREADS = phrase`A slash command acts on this channel and the threads that begin in it; \`/chat stop\` and
  \`/chat retry\` act on your own last answer in its threads. Inside a thread, mention me and type the command
  with \`!\`:
  \`@Evergreen !chat new\`.`;

function topicOf({ path }: Command): Topic {
  const word = path.split(" ")[0] ?? "";
  return TOPIC_OF[word] ?? (isTopic(word) ? word : "more");
}

/** One screen: what to do first, and the names of all commands. */
function overview(commands: readonly Command[], invocation: Invocation): string {
  const lines = Object.entries(TOPICS).map(([topic, label]) => {
    const names = commands.filter((command) => topicOf(command) === topic).map(({ path }) => code(`/${path}`));
    return `**${label}**: ${names.join(" ")}`;
  });
  return [
    t`**Help**: mention me to chat. The buttons below explain the commands of each topic.`,
    ...lines,
    ...(invocation.isAboveThreads ? [t(THREADS)] : []),
  ].join("\n\n");
}

function detailsOf(topic: Topic, commands: readonly Command[], invocation: Invocation): string {
  const lines = commands.filter((command) => topicOf(command) === topic).map((command) => lineOf(command, invocation));
  const hasLocked = lines.some((line) => line.includes(LOCK));
  return [
    `**${TOPICS[topic]}**`,
    lines.join("\n"),
    `${hasLocked ? t`${LOCK} operators only. ` : ""}${HOW_TO_TYPE}`,
  ].join("\n\n");
}

const LOCK = "🔒";
const HOW_TO_TYPE = phrase`Words in capitals are required, the rest is optional; quotes keep words together.`;
/** Where a command's usage is cut; none is longer. */
const MAX_USAGE_CHARS = 120;

function lineOf(command: Command, invocation: Invocation): string {
  const isLocked = (command.accessFor?.(invocation) ?? command.access) === "operator";
  return `- ${code(commandUsage(command), MAX_USAGE_CHARS)}${isLocked ? ` ${LOCK}` : ""} ${t(command.about)}`;
}
