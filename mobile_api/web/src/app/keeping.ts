/**
 * What belongs to this device and to nobody's feed, in one small database: the session, the signing key, what was
 * read of the program and catalog, and requests whose answer was lost.
 */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { forgetPush } from "./push";

/** Who is signed in on this device. */
export interface Session {
  member: string;
  device: string;
  access: string;
  /** Until when the access token is good, milliseconds of this device's clock. */
  access_until: number;
  refresh: string;
}

/** What pay codes are drawn with; the private half of `pair` never leaves the browser's key store. */
export interface SigningKey {
  pair: CryptoKeyPair;
  kid: string;
  counter: number;
}

/** An answer that is the same for everybody, or asked for seldom. */
export interface Cached {
  etag: string | null;
  body: unknown;
  at: number;
}

/** A request that must be done once: its key and body stay until an answer came. */
export interface Pending {
  key: string;
  body: string;
}

interface Layout extends DBSchema {
  session: { key: "me"; value: Session };
  key: { key: "pay"; value: SigningKey };
  cache: { key: string; value: Cached };
  pending: { key: string; value: Pending };
  choice: { key: string; value: unknown };
}

export type Keeping = IDBPDatabase<Layout>;

const NAME = "regulars";

/** Open it; `lost` is called when the browser, or somebody in another page, takes it away. */
export function openKeeping(lost: () => void = () => {}): Promise<Keeping> {
  return openDB<Layout>(NAME, 1, {
    upgrade(made, from) {
      if (from < 1) {
        for (const each of ["session", "key", "cache", "pending", "choice"] as const)
          made.createObjectStore(each);
      }
    },
    blocking(_current, _blocked, event) {
      hush();
      (event.target as IDBDatabase).close();
      lost();
    },
    terminated: lost,
  });
}

/**
 * Forget everything of a member on this device: every database, every note, what stands among the notifications.
 *
 * The worker keeps the app's own files, which are the same for everybody: whoever signs in next starts offline too.
 */
export async function forgetEverything(keeping: Keeping): Promise<void> {
  hush();
  keeping.close();
  await forgetPush();
  await forgetStores();
}

/** Delete what is kept here, whatever version kept it. */
export async function forgetStores(): Promise<void> {
  const known = (await indexedDB.databases?.()) ?? [];
  const names = new Set([NAME, ...known.flatMap((each) => (each.name?.startsWith(NAME) ? [each.name] : []))]);
  await Promise.all([...names].map(deleted));
  localStorage.clear();
  sessionStorage.clear();
}

/** From now on: what was still on its way to a storage that was closed has nowhere to go, and nobody to tell. */
function hush(): void {
  addEventListener("unhandledrejection", (event) => {
    const { reason } = event;
    if (reason instanceof DOMException && reason.name === "InvalidStateError") event.preventDefault();
  });
}

function deleted(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = () => resolve();
    // Another page still has it open: it is deleted when that one has heard that we left.
    request.onblocked = () => resolve();
  });
}
