import { BoundedMap } from "../../../base/bounded-map.js";
import { UserError } from "../../../base/errors.js";
import type { ConversationModel } from "../../port/conversation-facts.js";
import type { ChannelKey } from "../../port/platform.js";
import { HttpError } from "../http/http-error.js";
import type { ActivityView, ChannelActivity } from "./channel-activity.js";
import type { ChannelEvents } from "./channel-events.js";
import type { EditSaver } from "./edit-saver.js";
import type { MessageLog } from "./message-log.js";
import type { QuestionFiles } from "./question-files.js";

export interface RoomsDeps {
  readonly messages: MessageLog;
  readonly hub: ChannelEvents;
  readonly saver: EditSaver;
  readonly activity: ChannelActivity;
  readonly files: QuestionFiles;
  now(): number;
  placeOf(channel: string): ChannelKey;
  /** The model of the conversation there. @throws {StoreError} */
  modelOf(place: ChannelKey): Promise<ConversationModel>;
  /** Stops the answers there and erases the conversation. @throws {UserError} while it cannot @throws {StoreError} */
  forget(place: ChannelKey): Promise<void>;
}

export interface ChannelView extends ActivityView {
  readonly id: string;
  readonly name: string;
}

/** Creates, renames and erases channels. */
export interface Rooms {
  list(): readonly ChannelView[];
  /** @throws {HttpError} when the name is taken @throws {StoreError} */
  create(name: string): Promise<ChannelView>;
  /** @throws {HttpError} when there is no such channel, or the name is taken @throws {StoreError} */
  rename(channel: string, name: string): Promise<ChannelView>;
  /** Erases its messages and its conversation. @throws {HttpError} when there is none @throws {StoreError} */
  erase(channel: string): Promise<void>;
  /** @throws {StoreError} */
  model(channel: string): Promise<ConversationModel>;
  /** Sends the channel's model to its pages, if that has changed. @throws {StoreError} */
  tellModel(channel: string): Promise<void>;
  /** Tells every page of a new channel. */
  tellNew(channel: string): void;
}

const MAX_ID_CHARS = 64;
/** A channel whose model is sent twice does no harm. */
const MAX_SENT_MODELS = 1_000;

export function createRooms(deps: RoomsDeps): Rooms {
  const { messages, hub, saver, activity, files, now, placeOf, modelOf, forget } = deps;
  const { channels } = messages;
  const sentModels = new BoundedMap<string, string>(MAX_SENT_MODELS);
  const list = () => channels.all().map(({ id, name }) => ({ id, name, ...activity.of(id) }));
  const tell = () => hub.sendAll("channels", { channels: list() });
  const tellNew = (id: string) => hub.sendAll("channel", { id, name: channels.find(id)?.name ?? id }, `new ${id}`);
  const tellModel = async (channel: string) => {
    if (!hub.hasListeners(channel)) {
      sentModels.delete(channel); // who comes later reads it
      return;
    }
    const model = await modelOf(placeOf(channel));
    const text = JSON.stringify(model);
    if (sentModels.get(channel) === text) return;
    sentModels.set(channel, text);
    hub.send({ channel }, "model", { id: channel, ...model });
  };
  const refuseTaken = (name: string, id: string) => {
    if (channels.isTaken(name, id)) throw new HttpError(409, `There is already a channel called "${name}".`);
  };
  const noSuch = () => new HttpError(404, "There is no such channel.");

  return {
    list,
    tellNew,
    async create(name) {
      refuseTaken(name, "");
      const id = freeId(name, channels);
      await messages.create(id, now());
      if (id !== name) await channels.rename(id, name);
      tellNew(id);
      return { id, name };
    },
    async rename(channel, name) {
      refuseTaken(name, channel);
      const renamed = await channels.rename(channel, name);
      if (renamed === undefined) throw noSuch();
      tell();
      return { id: channel, name };
    },
    async erase(channel) {
      if (!channels.has(channel)) throw noSuch();
      // First what is still being written there, so that nothing comes back.
      await forget(placeOf(channel)).catch((error) => {
        throw error instanceof UserError ? new HttpError(503, error.message) : error;
      });
      await saver.flush(channel);
      await messages.erase(channel);
      sentModels.delete(channel);
      activity.forget(channel);
      files.forget(channel);
      tell();
    },
    model: (channel) => modelOf(placeOf(channel)),
    tellModel,
  };
}

/** An id for a channel of this name that no other has. */
function freeId(name: string, channels: MessageLog["channels"]): string {
  const wanted = idFor(name);
  const others = Array.from({ length: channels.all().length }, (_, index) => `${wanted}-${index + 2}`);
  return [wanted, ...others].find((id) => !channels.has(id)) ?? wanted;
}

/** An id for a channel of this name: "Release plans" becomes "release-plans". */
function idFor(name: string): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
  return plain.replaceAll(/^-+|-+$/g, "").slice(0, MAX_ID_CHARS - 4) || "channel";
}
