/**
 * A member's documents and queue on this device, in IndexedDB: one database per member.
 *
 * Everything that must be true together is written in one transaction; a device that is cut off in the middle of
 * anything starts again from a state it had.
 */

import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import {
  type Cursor,
  type Doc,
  MOST_ACT_BYTES,
  MOST_BYTES,
  MOST_MUTATIONS,
  type Mutation,
  type Queued,
  type Refusal,
  type SyncAnswer,
} from "./types";

/** Counts up when stores come or go; see `upgraded`. */
export const LAYOUT = 2;

interface Layout extends DBSchema {
  /** `cursor`, `shown` (the cursor of what `base` holds), `resetting`, `offset_ms`, `last` (number used), `device`. */
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
  /** What the documents were of before, and what they are of now. */
  before: Cursor | null;
  shown: Cursor | null;
  queue: Queued[];
  refused: Refusal[];
  cleared: boolean;
  changes: Map<string, Doc | null>;
}

const ALL = ["meta", "base", "stage", "queue", "refused"] as const;
type Writing = IDBPTransaction<Layout, typeof ALL, "readwrite">;

export class Store {
  readonly #db: IDBPDatabase<Layout>;

  private constructor(db: IDBPDatabase<Layout>) {
    this.#db = db;
  }

  /** Open (or make) the database of this name; `lost` is called when the browser has taken it away. */
  static async open(name: string, lost: () => void = () => {}): Promise<Store> {
    const db = await openDB<Layout>(name, LAYOUT, {
      upgrade: (made, from, _to, tx) => void upgraded(made, from, tx),
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

  load(): Promise<Kept> {
    return this.#in("readonly", async (tx) => {
      const [meta, base] = [tx.objectStore("meta"), tx.objectStore("base")];
      const [cursor, shown, offset, keys, docs, queue, refused] = await Promise.all([
        meta.get("cursor"),
        meta.get("shown"),
        meta.get("offset_ms"),
        base.getAllKeys(),
        base.getAll(),
        tx.objectStore("queue").getAll(),
        tx.objectStore("refused").getAll(),
      ]);
      return {
        cursor: (cursor as Cursor | undefined) ?? null,
        shown: (shown as Cursor | undefined) ?? null,
        offset_ms: (offset as number | undefined) ?? 0,
        base: new Map(keys.map((key, place) => [key, docs[place] as Doc])),
        queue,
        refused,
      };
    });
  }

  /** Write acts behind the others, all or none, and return them as they stand in the queue. */
  async enqueue(acts: readonly Pick<Mutation, "uid" | "name" | "args" | "at">[]): Promise<Queued[]> {
    // What no request can carry would hold up all that comes after it.
    if (acts.some((act) => bytesOf(act) > MOST_ACT_BYTES)) throw new RangeError("too much for one act");
    return this.#in("readwrite", async (tx) => {
      const [meta, queue] = [tx.objectStore("meta"), tx.objectStore("queue")];
      const shown = (await meta.get("shown")) as Cursor | undefined;
      let last = ((await meta.get("last")) as number | undefined) ?? 0;
      const queued = acts.map((act) => ({
        ...act,
        id: ++last,
        seen: shown?.version ?? 0,
        seen_epoch: shown?.epoch ?? null,
      }));
      await Promise.all([...queued.map((each) => queue.add(each)), meta.put(last, "last")]);
      return queued;
    });
  }

  /** Return the head of the queue that fits into one request, and the cursor to send with it. */
  head(): Promise<{ cursor: Cursor | null; offset_ms: number; mutations: Mutation[] }> {
    return this.#in("readonly", async (tx) => {
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
    });
  }

  /**
   * Take an answer in, whole, in one transaction; return what it changed here, null if it was not taken.
   *
   * Exactly the acts with a result leave the queue, and only if the answer goes on from what this device holds:
   * another tab may have been faster, or the storage was rolled back; then the server is asked again, which is safe.
   */
  async absorb(answer: SyncAnswer, offset_ms: number): Promise<Swap | null> {
    if (!isAnswer(answer)) throw new TypeError("this is no answer to a synchronization");
    return this.#in("readwrite", async (tx) => {
      const [meta, stage] = [tx.objectStore("meta"), tx.objectStore("stage")];
      const [cursor, shown] = (await Promise.all([meta.get("cursor"), meta.get("shown")])) as Cursor[];
      if (!same(cursor ?? null, answer.base)) return null;
      await Promise.all([
        ...(answer.reset ? [stage.clear(), meta.put(true, "resetting")] : []),
        ...Object.entries(answer.put).map(([entity, doc]) => stage.put({ doc }, entity)),
        ...answer.del.map((entity) => stage.put({ doc: null }, entity)),
        meta.put(answer.cursor, "cursor"),
        meta.put(offset_ms, "offset_ms"),
      ]);
      const before = shown ?? null;
      const swap = { before, shown: before, ...(await settle(tx, answer)) };
      return answer.more
        ? { ...swap, cleared: false, changes: new Map() }
        : { ...swap, shown: answer.cursor, ...(await swapIn(tx, answer.cursor)) };
    });
  }

  /**
   * Belong to this device. A device with a new name counts its queue from one again: nothing of it is lost.
   *
   * To be done before the new name sends anything: the server takes old numbers for a copied storage.
   */
  async adopt(device: string): Promise<void> {
    await this.#in("readwrite", async (tx) => {
      const [meta, queue] = [tx.objectStore("meta"), tx.objectStore("queue")];
      const known = await meta.get("device");
      if (known === device) return;
      const left = (await queue.getAll()).filter((each) => !each.done);
      await Promise.all([
        meta.put(device, "device"),
        // Nobody's yet: it was made by a version that kept no name, and goes on as it is.
        ...(known === undefined
          ? []
          : [
              queue.clear(),
              ...left.map((each, place) => queue.put({ ...each, id: place + 1 })),
              meta.put(left.length, "last"),
            ]),
      ]);
    });
  }

  /** Forget what was refused, after somebody has seen it. */
  async forgive(uid: string): Promise<void> {
    await this.#db.delete("refused", uid);
  }

  /** Do all of it or nothing, in one transaction: on disk when this returns, undone when it throws. */
  async #in<Mode extends "readonly" | "readwrite", T>(
    mode: Mode,
    work: (tx: IDBPTransaction<Layout, typeof ALL, Mode>) => Promise<T>,
  ): Promise<T> {
    const tx = this.#db.transaction(ALL, mode, { durability: "strict" });
    const ended = tx.done.catch((error: unknown) => error ?? new Error("cut off"));
    try {
      const found = await work(tx);
      const error = await ended;
      if (error) throw error;
      return found;
    } catch (error) {
      try {
        tx.abort();
      } catch {
        // It was over already.
      }
      throw error;
    }
  }
}

/** Make what this layout has more than an old one. Documents can be had again, what a person did cannot. */
async function upgraded(
  made: IDBPDatabase<Layout>,
  from: number,
  tx: IDBPTransaction<Layout, ("meta" | "base" | "stage" | "queue" | "refused")[], "versionchange">,
): Promise<void> {
  for (const each of ALL) {
    if (made.objectStoreNames.contains(each)) continue;
    if (each === "queue") made.createObjectStore(each, { keyPath: "id" });
    else made.createObjectStore(each);
  }
  if (from === 0) return;
  // Without a cursor everything comes anew; until it is here the old documents stay on screen.
  const meta = tx.objectStore("meta");
  await Promise.all([meta.delete("cursor"), meta.delete("resetting"), tx.objectStore("stage").clear()]);
}

/** Take acts with an outcome out of the queue (once their documents are here) and keep what was refused. */
async function settle(tx: Writing, answer: SyncAnswer): Promise<Pick<Swap, "queue" | "refused">> {
  const [queue, kept] = [tx.objectStore("queue"), tx.objectStore("refused")];
  const outcomes = new Map(answer.results.map((result) => [result.uid, result]));
  const left: Queued[] = [];
  const refused: Refusal[] = [];
  const written: Promise<unknown>[] = [];
  for (const each of await queue.getAll()) {
    const outcome = outcomes.get(each.uid);
    if (!each.done && (outcome?.status === "rejected" || outcome?.status === "superseded")) {
      const { uid, name, args, at } = each;
      refused.push({ uid, name, args, at, status: outcome.status, code: outcome.code });
    }
    if ((outcome || each.done) && !answer.more) written.push(queue.delete(each.id));
    else left.push(outcome ? { ...each, done: true } : each);
    if (outcome && answer.more) written.push(queue.put({ ...each, done: true }));
  }
  for (const each of refused) written.push(kept.put(each, each.uid));
  await Promise.all(written);
  return { queue: left, refused };
}

/** Bring all staged pages into the documents at once. */
async function swapIn(tx: Writing, shown: Cursor): Promise<Pick<Swap, "cleared" | "changes">> {
  const [meta, stage, base] = [tx.objectStore("meta"), tx.objectStore("stage"), tx.objectStore("base")];
  const cleared = (await meta.get("resetting")) === true;
  const [entities, staged] = await Promise.all([stage.getAllKeys(), stage.getAll()]);
  const changes = new Map(entities.map((entity, place) => [entity, staged[place]?.doc ?? null]));
  await Promise.all([
    ...(cleared ? [base.clear()] : []),
    ...[...changes].map(([entity, doc]) => (doc ? base.put(doc, entity) : base.delete(entity))),
    stage.clear(),
    meta.delete("resetting"),
    meta.put(shown, "shown"),
  ]);
  return { cleared, changes };
}

export function same(one: Cursor | null, two: Cursor | null): boolean {
  if (one === null || two === null) return one === two;
  return (
    one.epoch === two.epoch && one.version === two.version && (one.after ?? null) === (two.after ?? null)
  );
}

/** Whatever sits between us and the server may answer in its place. */
function isAnswer(answer: Partial<SyncAnswer>): boolean {
  const { cursor, put, del, results } = answer;
  const isMap = typeof put === "object" && put !== null;
  return typeof cursor?.version === "number" && isMap && Array.isArray(del) && Array.isArray(results);
}

function fitting(queue: Queued[]): Mutation[] {
  const head: Mutation[] = [];
  let bytes = 0;
  for (const { done: _, ...mutation } of queue.slice(0, MOST_MUTATIONS)) {
    bytes += bytesOf(mutation) + 1;
    if (bytes > MOST_BYTES && head.length) break;
    head.push(mutation);
  }
  return head;
}

const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;
