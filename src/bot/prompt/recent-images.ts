import type { ImagePart } from "../../providers/provider.js";

/** The images of conversations' last questions, for when those are asked again. In memory only; never stored. */
export interface RecentImages {
  note(conversation: string, message: string, images: readonly ImagePart[]): void;
  /** None where they are not kept any more. */
  of(conversation: string, message: string): readonly ImagePart[];
  forget(conversation: string): void;
}

/** 64 MB; the oldest go first. */
const MAX_BYTES = 64 * 1024 * 1024;

export function createRecentImages(maxBytes = MAX_BYTES): RecentImages {
  const kept = new Map<string, { readonly message: string; readonly images: readonly ImagePart[] }>();
  let bytes = 0;
  const sizeOf = (images: readonly ImagePart[]) => images.reduce((sum, image) => sum + image.bytes.length, 0);
  const drop = (conversation: string) => {
    bytes -= sizeOf(kept.get(conversation)?.images ?? []);
    kept.delete(conversation);
  };
  return {
    note(conversation, message, images) {
      // A question that is asked again of a model that takes none keeps them for the next.
      if (images.length === 0 && kept.get(conversation)?.message === message) return;
      drop(conversation);
      if (images.length === 0) return;
      kept.set(conversation, { message, images });
      bytes += sizeOf(images);
      for (const oldest of kept.keys()) {
        if (bytes <= maxBytes) break;
        drop(oldest);
      }
    },
    of(conversation, message) {
      const last = kept.get(conversation);
      return last?.message === message ? last.images : [];
    },
    forget: drop,
  };
}
