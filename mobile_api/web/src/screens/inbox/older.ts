/** Messages before the newest fifty: asked for page by page, and kept only as long as they are looked at. */

import { useState } from "preact/hooks";
import { useAppState } from "../../app/hooks";
import type { MessageDoc } from "../../app/wire";

interface Page {
  items: MessageDoc[];
  next: string | null;
}

export function useOlder(synced: readonly MessageDoc[]): {
  older: MessageDoc[];
  busy: boolean;
  isThere: boolean;
  more: () => Promise<void>;
} {
  const { api, health } = useAppState();
  const [pages, setPages] = useState<MessageDoc[]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const known = new Set(synced.map((each) => each.id));
  const more = async () => {
    setBusy(true);
    const found: MessageDoc[] = [];
    let at = next;
    // The first page is what this device has already: go on until something is shown that was not.
    do {
      const answer = await api.get<Page>(`/messages${at ? `?cursor=${encodeURIComponent(at)}` : ""}`);
      if (!answer.ok) break;
      found.push(...answer.data.items.filter((each) => !known.has(each.id)));
      at = answer.data.next;
    } while (found.length === 0 && at !== null);
    setBusy(false);
    setPages([...pages, ...found]);
    setNext(at);
  };
  return {
    older: pages.filter((each) => !known.has(each.id)),
    busy,
    isThere: health.online && next !== null,
    more,
  };
}
