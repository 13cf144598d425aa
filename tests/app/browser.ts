/** What a page finds in a browser, as far as the core needs it: IndexedDB that can crash, locks, one clock. */

import {
  IDBCursor,
  IDBDatabase,
  IDBFactory,
  IDBIndex,
  IDBKeyRange,
  IDBObjectStore,
  IDBOpenDBRequest,
  IDBRequest,
  IDBTransaction,
} from "fake-indexeddb";

Object.assign(globalThis, {
  IDBCursor,
  IDBDatabase,
  IDBIndex,
  IDBKeyRange,
  IDBObjectStore,
  IDBOpenDBRequest,
  IDBRequest,
  IDBTransaction,
});

/** Give the next pages an empty disk; return it, to be given to others later. */
export function disk(of = new IDBFactory()): IDBFactory {
  (globalThis as { indexedDB: IDBFactory }).indexedDB = of;
  return of;
}

const METHODS = ["add", "put", "delete", "clear", "get", "getAll", "getAllKeys"] as const;
let left = Number.POSITIVE_INFINITY;
let wentOut = () => {};

for (const name of METHODS) {
  const right = IDBObjectStore.prototype[name] as (this: IDBObjectStore, ...args: unknown[]) => IDBRequest;
  IDBObjectStore.prototype[name] = function (this: IDBObjectStore, ...args: unknown[]) {
    left -= 1;
    if (left >= 0) return right.apply(this, args);
    queueMicrotask(() => {
      try {
        this.transaction.abort();
      } catch {
        // It was over already.
      }
      wentOut();
    });
    return new IDBRequest(); // that nobody ever answers
  } as never;
}

/**
 * Do something, and let the power go before the operation of this number (from 0) on IndexedDB; tell whether it did.
 *
 * What was not committed is gone, and what the page waits for never comes.
 */
export async function crashing(operation: number, work: () => Promise<unknown>): Promise<boolean> {
  const out = new Promise<boolean>((resolve) => {
    wentOut = () => resolve(true);
  });
  left = operation;
  const done = work().then(
    () => left < 0,
    (error: unknown) => {
      if (left >= 0) throw error;
      return true;
    },
  );
  try {
    const crashed = await Promise.race([done, out]);
    if (crashed) await settled(5);
    return crashed;
  } finally {
    left = Number.POSITIVE_INFINITY;
  }
}

/** Web Locks: one holder for each name, the others wait in order; `steal` puts the holder out. */
export class Locks {
  readonly #held = new Map<string, { end: (error: unknown) => void; done: Promise<unknown> }>();
  readonly #waiting = new Map<string, (() => void)[]>();

  request<T>(name: string, ...rest: unknown[]): Promise<T> {
    const work = rest.at(-1) as () => Promise<T>;
    const options = (rest.length > 1 ? rest[0] : {}) as LockOptions;
    return new Promise((resolve, reject) => {
      const begin = () => {
        const mine = { end: reject, done: Promise.resolve() };
        this.#held.set(name, mine);
        const free = () => {
          if (this.#held.get(name) !== mine) return;
          this.#held.delete(name);
          this.#waiting.get(name)?.shift()?.();
        };
        Promise.resolve().then(work).then(resolve, reject).finally(free);
      };
      if (options.steal) {
        this.#held.get(name)?.end(new DOMException("stolen", "AbortError"));
        begin();
      } else if (!this.#held.has(name)) begin();
      else {
        const queue = this.#waiting.get(name) ?? [];
        this.#waiting.set(name, [...queue, begin]);
        options.signal?.addEventListener("abort", () => {
          const others = (this.#waiting.get(name) ?? []).filter((each) => each !== begin);
          this.#waiting.set(name, others);
          reject(new DOMException("not wanted", "AbortError"));
        });
      }
    });
  }
}

/** Let everything that is on its way happen. */
export async function settled(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((done) => setImmediate(done));
}
