/** A server in a hundred lines: the rules of SYNC.md that a device relies on, in memory, and countable. */

import type { Cursor, Doc, Exchange, Mutation, Result, SyncAnswer, SyncRequest } from "@app/sync/types";

interface Change {
  version: number;
  deleted: boolean;
}

export class Server {
  epoch = "e1";
  version = 0;
  /** Documents in one answer. */
  page = 1000;
  /** How far this clock is ahead of the devices'. */
  ahead_ms = 0;
  readonly docs = new Map<string, Doc>();
  readonly changes = new Map<string, Change>();
  readonly outcomes = new Map<string, Result>();
  readonly mutations = new Map<string, Mutation>();
  readonly last = new Map<string, number>();
  requests: SyncRequest[] = [];
  /** How often a device was told that its numbers make no sense. */
  forked = 0;

  /** Change several things at once, as one transaction does. */
  change(docs: Record<string, Doc | null>): void {
    this.version += 1;
    for (const [entity, doc] of Object.entries(docs)) this.#set(entity, doc);
  }

  /** Begin a new count: a backup was restored, and what somebody else changed since is as if it had never been. */
  restart(): void {
    this.epoch = `${this.epoch}'`;
    this.version = Math.max(1, this.version - 3);
    for (const [entity, change] of this.changes) {
      if (change.version <= this.version) continue;
      if (/^favorite.[0-9]/.test(entity)) {
        this.docs.delete(entity);
        this.changes.delete(entity);
      } else change.version = this.version;
    }
  }

  answer(request: SyncRequest, device = "phone", now = Date.now()): Exchange {
    this.requests.push(structuredClone(request));
    const sameEpoch = request.cursor === null || request.cursor.epoch === this.epoch;
    if (!this.#continues(request.mutations, device, sameEpoch)) {
      this.forked += 1;
      return { kind: "refused", status: 409, code: "device_forked" };
    }
    const results = request.mutations.map((mutation) => this.#take(mutation, device));
    const answer: SyncAnswer = {
      base: request.cursor,
      ...this.#pull(request.cursor),
      results,
      retry_after_seconds: null,
      server_time: new Date(now + this.ahead_ms).toISOString(),
    };
    return { kind: "answer", answer: structuredClone(answer) };
  }

  #continues(mutations: Mutation[], device: string, sameEpoch: boolean): boolean {
    let following = (this.last.get(device) ?? 0) + 1;
    for (const { id, uid } of mutations) {
      if (id < following && !this.outcomes.has(uid)) return false;
      if (id > following && sameEpoch) return false;
      following = Math.max(following, id + 1);
    }
    return true;
  }

  #take(mutation: Mutation, device: string): Result {
    this.last.set(device, Math.max(this.last.get(device) ?? 0, mutation.id));
    const known = this.outcomes.get(mutation.uid);
    if (known) return { ...known, id: mutation.id };
    const { name, args, id, uid } = mutation;
    const isRejected = args.value === "no";
    if (!isRejected) {
      this.version += 1;
      if (name === "preference.set")
        this.#set(`preference/${args.name}`, { name: args.name, value: args.value });
      if (name === "favorite.add") this.#set(`favorite/${args.sku}`, { sku: args.sku });
      if (name === "favorite.remove") this.#set(`favorite/${args.sku}`, null);
    }
    const result: Result = {
      uid,
      id,
      status: isRejected ? "rejected" : "ok",
      code: isRejected ? "refused" : null,
      version: this.version,
    };
    this.outcomes.set(uid, result);
    this.mutations.set(uid, structuredClone(mutation));
    return result;
  }

  #set(entity: string, doc: Doc | null): void {
    if (doc) this.docs.set(entity, doc);
    else this.docs.delete(entity);
    this.changes.set(entity, { version: this.version, deleted: doc === null });
  }

  #pull(cursor: Cursor | null): Pick<SyncAnswer, "cursor" | "reset" | "more" | "put" | "del"> {
    const needsReset = cursor === null || cursor.epoch !== this.epoch || cursor.version > this.version;
    if (needsReset) return { ...this.#snapshot(this.version, ""), reset: true };
    if (cursor.after) return this.#snapshot(cursor.version, cursor.after);
    const found = [...this.changes]
      .filter(([, change]) => change.version > cursor.version)
      .sort(([, one], [, two]) => one.version - two.version);
    // What one transaction changed is told together.
    const last = found[this.page - 1]?.[1].version ?? this.version;
    const part = found.filter(([, change]) => change.version <= last);
    const more = part.length < found.length;
    return {
      cursor: { epoch: this.epoch, version: more ? last : this.version, after: null },
      reset: false,
      more,
      put: Object.fromEntries(
        part.flatMap(([entity]) => (this.docs.has(entity) ? [[entity, this.docs.get(entity) as Doc]] : [])),
      ),
      del: part.flatMap(([entity]) => (this.docs.has(entity) ? [] : [entity])),
    };
  }

  #snapshot(version: number, after: string): Pick<SyncAnswer, "cursor" | "reset" | "more" | "put" | "del"> {
    const rest = [...this.docs.keys()].sort().filter((entity) => entity > after);
    const part = rest.slice(0, this.page);
    const isWhole = part.length === rest.length;
    return {
      cursor: { epoch: this.epoch, version, after: isWhole ? null : (part.at(-1) ?? null) },
      reset: false,
      more: !isWhole || after !== "",
      put: Object.fromEntries(part.map((entity) => [entity, this.docs.get(entity) as Doc])),
      del: [],
    };
  }
}
