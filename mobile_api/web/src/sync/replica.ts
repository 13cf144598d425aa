/** A member's data on this device: read at once, written at once, and kept in step with the server. */

import { Store, type Swap, same } from "./store";
import {
  type Cursor,
  type Doc,
  type Exchange,
  type Queued,
  type Refusal,
  SCHEMA,
  type SyncAnswer,
  type SyncRequest,
} from "./types";
import { View } from "./view";

/** The world outside, given so that tests can bend it. */
export interface Surroundings {
  /** Send one request; never throws. */
  exchange(request: SyncRequest): Promise<Exchange>;
  /** This device's clock, milliseconds since 1970. */
  now(): number;
  /** Tell the other pages of this browser that something was written. */
  tell(): void;
}

/** How one round with the server ended. */
export type Round =
  | { kind: "done"; progress: boolean; more: boolean; retry_after_seconds: number | null }
  | Exclude<Exchange, { kind: "answer" }>;

export type Listener = (changed: Set<string>) => void;

export class Replica {
  readonly #store: Store;
  readonly #world: Surroundings;
  readonly #view = new View();
  readonly #listeners = new Set<Listener>();
  #base = new Map<string, Doc>();
  #queue: readonly Queued[] = [];
  #refused: readonly Refusal[] = [];
  #shown: Cursor | null = null;
  #cursor: Cursor | null = null;
  #offset = 0;

  private constructor(store: Store, world: Surroundings) {
    this.#store = store;
    this.#world = world;
  }

  /** Open a member's data on this device; `lost` is called when the browser has taken it away. */
  static async open(name: string, device: string, world: Surroundings, lost?: () => void): Promise<Replica> {
    const replica = new Replica(await Store.open(name, lost), world);
    await replica.#store.adopt(device);
    await replica.reload();
    return replica;
  }

  close(): void {
    this.#listeners.clear();
    this.#store.close();
  }

  /** Return the document of an entity such as `preference/milk`. */
  get(entity: string): Doc | undefined {
    return this.#view.get(entity);
  }

  /** Return the entities that begin so, in their order. */
  keys(prefix: string): string[] {
    return this.#view.keys(prefix);
  }

  /** The version on screen; null before the first answer was taken in. */
  get version(): number | null {
    return this.#shown?.version ?? null;
  }

  /** How many acts the server has not answered. */
  get waiting(): number {
    return this.#queue.filter((each) => !each.done).length;
  }

  /** What did not come to be as the person meant it, the oldest first. */
  get refused(): readonly Refusal[] {
    return this.#refused;
  }

  /** How far the server's clock is ahead of this device's, in milliseconds. */
  get offset(): number {
    return this.#offset;
  }

  /** Call the listener with the entities that look different now; return how to stop that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Do something: on disk, then on screen, then (by whoever runs the rounds) on the server. */
  async mutate(...acts: { name: string; args: Doc }[]): Promise<string[]> {
    const at = new Date(this.#world.now()).toISOString();
    const queued = await this.#store.enqueue(
      acts.map((act) => ({ ...act, uid: uid(this.#world.now()), at })),
    );
    const known = new Set(this.#queue.map((each) => each.id));
    this.#show(this.#base, [...this.#queue, ...queued.filter((each) => !known.has(each.id))]);
    this.#world.tell();
    return queued.map((each) => each.uid);
  }

  /** Send the head of the queue and take in what is new: one request. */
  async round(): Promise<Round> {
    const head = await this.#store.head();
    const before = this.#world.now();
    const exchange = await this.#world.exchange({ schema: SCHEMA, ...head });
    if (exchange.kind !== "answer") return exchange;
    const { answer } = exchange;
    const offset = Math.round(Date.parse(answer.server_time) - (before + this.#world.now()) / 2);
    const swap = await this.#store.absorb(answer, offset);
    // Another page was faster, or has written what we have not heard of yet: what is on disk counts.
    if (swap === null || !same(swap.before, this.#shown)) await this.reload();
    else this.#swap(swap, answer, offset);
    if (swap?.changes.size || swap?.cleared || answer.results.length) this.#world.tell();
    const moved = !same(swap ? answer.cursor : this.#cursor, head.cursor);
    return {
      kind: "done",
      progress: moved || (swap !== null && (answer.results.length > 0 || answer.reset)),
      more: answer.more || swap === null || this.waiting > 0,
      retry_after_seconds: answer.retry_after_seconds,
    };
  }

  /** Show what is on disk: another page of this browser has written. */
  async reload(): Promise<void> {
    const kept = await this.#store.load();
    for (const [entity, doc] of kept.base) {
      const known = this.#base.get(entity);
      if (known && JSON.stringify(known) === JSON.stringify(doc)) kept.base.set(entity, known);
    }
    this.#refused = kept.refused;
    this.#shown = kept.shown;
    this.#cursor = kept.cursor;
    this.#offset = kept.offset_ms;
    this.#show(kept.base, kept.queue);
  }

  #swap(swap: Swap, answer: SyncAnswer, offset: number): void {
    const base = new Map(swap.cleared ? [] : this.#base);
    for (const [entity, doc] of swap.changes) {
      if (doc) base.set(entity, doc);
      else base.delete(entity);
    }
    this.#refused = [...this.#refused, ...swap.refused];
    this.#offset = offset;
    this.#shown = swap.shown;
    this.#cursor = answer.cursor;
    this.#show(base, swap.queue);
  }

  #show(base: Map<string, Doc>, queue: readonly Queued[]): void {
    this.#base = base;
    this.#queue = queue;
    const changed = this.#view.show(base, queue);
    for (const listener of [...this.#listeners]) listener(changed);
  }

  async forgive(uid: string): Promise<void> {
    await this.#store.forgive(uid);
    await this.reload();
    this.#world.tell();
  }
}

/** Make a UUIDv7 (RFC 9562): what is made later sorts later. */
export function uid(now: number): string {
  const time = now.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}
