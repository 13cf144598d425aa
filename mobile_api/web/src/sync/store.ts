/**
 * A member's documents and queue on this device, in IndexedDB: one database per member.
 *
 * Everything that must be true together is written in one transaction; a device that is cut off in the middle of
 * anything starts again from a state it had.
 */

import { type DBSchema, type IDBPDatabase, type IDBPObjectStore, openDB } from "idb";
import {
  type Cursor,
  type Doc,
  MOST_BYTES,
  MOST_MUTATIONS,
  type Mutation,
  type Queued,
  type Refusal,
  type SyncAnswer,
} from "./types";

const LAYOUT = 1;

interface Layout extends DBSchema {
  /** `cursor`, `shown` (the cursor of what `base` holds), `resetting`, `offset_ms`, `last` (number used). */
  meta: { key: string; value: unknown };
  base: { key: string; value: Doc };
  /** Pages of an answer that has more: null is a removal. Swapped into `base` with the last page. */
  stage: { key: string; value: { doc: Doc | null } };
  queue: { key: number; value: Queued };
  refused: { key: string; value: Refusal };
}

/** What lies on disk. */
export interface Kept {
  cursor: Cursor | null;
  shown: Cursor | null;
  offset_ms: number;
  base: Map<string, Doc>;
  queue: Queued[];
  refused: Refusal[];
}

/** What an answer changed on this device: the queue that is left, acts refused by it, and documents (null: gone). */
export interface Swap {
  queue: Queued[];
  refused: Refusal[];
  cleared: boolean;
  changes: Map<string, Doc | null>;
}

const ALL = ["meta", "base", "stage", "queue", "refused"] as const;
const STRICT = { durability: "strict" } as const;

export class Store {
  readonly #db: IDBPDatabase<Layout>;

  private constructor(db: IDBPDatabase<Layout>) {
    this.#db = db;
  }

  /** Open (or make) the database of this name; `lost` is called when the browser has taken it away. */
  static async open(name: string, lost: () => void = () => {}): Promise<Store> {
    const db = await openDB<Layout>(name, LAYOUT, {
      upgrade(made, from) {
        if (from < 1) {
          for (const each of ["meta", "base", "stage", "refused"] as const) made.createObjectStore(each);
          made.createObjectStore("queue", { keyPath: "id" });
        }
      },
      // A newer page wants to change the layout: let it; this page has to start anew.
      blocking() {
        db.close();
        lost();
      },
      terminated: lost,
    });
    return new Store(db);
  }

  close(): void {
    this.#db.close();
  }

  async load(): Promise<Kept> {
    const tx = this.#db.transaction(ALL);
    const meta = tx.objectStore("meta");
    const base = tx.objectStore("base");
    const [cursor, shown, offset, keys, docs, queue, refused] = await Promise.all([
      meta.get("cursor"),
      meta.get("shown"),
      meta.get("offset_ms"),
      base.getAllKeys(),
      base.getAll(),
      tx.objectStore("queue").getAll(),
      tx.objectStore("refused").getAll(),
    ]);
    await tx.done;
    return {
      cursor: (cursor as Cursor | undefined) ?? null,
      shown: (shown as Cursor | undefined) ?? null,
      offset_ms: (offset as number | undefined) ?? 0,
      base: new Map(keys.map((key, place) => [key, docs[place] as Doc])),
      queue,
      refused,
    };
  }

  /** Write acts behind the others, all or none, and return them as they stand in the queue. */
  async enqueue(acts: readonly Pick<Mutation, "uid" | "name" | "args" | "at">[]): Promise<Queued[]> {
    const tx = this.#db.transaction(["meta", "queue"], "readwrite", STRICT);
    const meta = tx.objectStore("meta");
    const shown = (await meta.get("shown")) as Cursor | undefined;
    let last = ((await meta.get("last")) as number | undefined) ?? 0;
    const queued = acts.map((act) => ({
      ...act,
      id: ++last,
      seen: shown?.version ?? 0,
      seen_epoch: shown?.epoch ?? null,
    }));
    for (const each of queued) void tx.objectStore("queue").add(each);
    void meta.put(last, "last");
    await tx.done;
    return queued;
  }

  /** Return the head of the queue that fits into one request, and the cursor to send with it. */
  async head(): Promise<{ cursor: Cursor | null; offset_ms: number; mutations: Mutation[] }> {
    const tx = this.#db.transaction(["meta", "queue"]);
    const meta = tx.objectStore("meta");
    const [cursor, offset, queue] = await Promise.all([
      meta.get("cursor"),
      meta.get("offset_ms"),
      tx.objectStore("queue").getAll(),
    ]);
    return {
      cursor: (cursor as Cursor | undefined) ?? null,
      offset_ms: (offset as number | undefined) ?? 0,
      mutations: fitting(queue.filter((each) => !each.done)),
    };
  }

  /**
   * Take an answer in, whole, in one transaction; return what it changed here, null if it was not taken.
   *
   * Exactly the acts with a result leave the queue, and only if the answer goes on from what this device holds:
   * another tab may have been faster, or the storage was rolled back; then the server is asked again, which is safe.
   */
  async absorb(answer: SyncAnswer, offset_ms: number): Promise<Swap | null> {
    const tx = this.#db.transaction(ALL, "readwrite", STRICT);
    const meta = tx.objectStore("meta");
    if (!same(((await meta.get("cursor")) as Cursor | undefined) ?? null, answer.base)) {
      await tx.done;
      return null;
    }
    const stage = tx.objectStore("stage");
    if (answer.reset) {
      void stage.clear();
      void meta.put(true, "resetting");
    }
    for (const [entity, doc] of Object.entries(answer.put)) void stage.put({ doc }, entity);
    for (const entity of answer.del) void stage.put({ doc: null }, entity);
    void meta.put(answer.cursor, "cursor");
    void meta.put(offset_ms, "offset_ms");
    const left = await settle(tx.objectStore("queue"), tx.objectStore("refused"), answer);
    const swap: Swap = { ...left, cleared: false, changes: new Map() };
    if (!answer.more) {
      swap.cleared = (await meta.get("resetting")) === true;
      const [entities, staged] = await Promise.all([stage.getAllKeys(), stage.getAll()]);
      swap.changes = new Map(entities.map((entity, place) => [entity, staged[place]?.doc ?? null]));
      const base = tx.objectStore("base");
      if (swap.cleared) void base.clear();
      for (const [entity, doc] of swap.changes) void (doc ? base.put(doc, entity) : base.delete(entity));
      void stage.clear();
      void meta.delete("resetting");
      void meta.put(answer.cursor, "shown");
    }
    await tx.done;
    return swap;
  }

  /** Count the queue from one again: this device has a new name, and nothing it did is lost. */
  async renumber(): Promise<void> {
    const tx = this.#db.transaction(["meta", "queue"], "readwrite", STRICT);
    const queue = tx.objectStore("queue");
    const left = (await queue.getAll()).filter((each) => !each.done);
    void queue.clear();
    left.forEach((each, place) => void queue.put({ ...each, id: place + 1 }));
    void tx.objectStore("meta").put(left.length, "last");
    await tx.done;
  }

  /** Forget what was refused, after somebody has seen it. */
  async forgive(uid: string): Promise<void> {
    await this.#db.delete("refused", uid);
  }
}

/** Take acts with an outcome out of the queue (once their documents are here) and keep what was refused. */
async function settle(
  queue: IDBPObjectStore<Layout, typeof ALL, "queue", "readwrite">,
  refused: IDBPObjectStore<Layout, typeof ALL, "refused", "readwrite">,
  answer: SyncAnswer,
): Promise<Pick<Swap, "queue" | "refused">> {
  const outcomes = new Map(answer.results.map((result) => [result.uid, result]));
  const left: Queued[] = [];
  const turned: Refusal[] = [];
  for (const each of await queue.getAll()) {
    const outcome = outcomes.get(each.uid);
    if (outcome?.status === "rejected" || outcome?.status === "superseded") {
      const { uid, name, args, at } = each;
      turned.push({ uid, name, args, at, status: outcome.status, code: outcome.code });
    }
    if ((outcome || each.done) && !answer.more) void queue.delete(each.id);
    else if (outcome) {
      left.push({ ...each, done: true });
      void queue.put({ ...each, done: true });
    } else left.push(each);
  }
  for (const each of turned) void refused.put(each, each.uid);
  return { queue: left, refused: turned };
}

export function same(one: Cursor | null, two: Cursor | null): boolean {
  if (one === null || two === null) return one === two;
  return (
    one.epoch === two.epoch && one.version === two.version && (one.after ?? null) === (two.after ?? null)
  );
}

function fitting(queue: Queued[]): Mutation[] {
  const head: Mutation[] = [];
  let bytes = 0;
  for (const { done: _, ...mutation } of queue.slice(0, MOST_MUTATIONS)) {
    bytes += new TextEncoder().encode(JSON.stringify(mutation)).length + 1;
    if (bytes > MOST_BYTES && head.length) break;
    head.push(mutation);
  }
  return head;
}
