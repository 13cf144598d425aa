/** A device's queue and documents: nothing is lost, nothing doubled, nothing torn, whatever is cut off and when. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Replica } from "@app/sync/replica";
import { Store } from "@app/sync/store";
import type { Exchange, SyncAnswer, SyncRequest } from "@app/sync/types";
import * as fc from "fast-check";
import { openDB } from "idb";
import { crashing, disk } from "./browser";
import { Server } from "./server";

const RUNS = Number(process.env.RUNS ?? 60);
const DB = "regulars-ann";

/** What the network does to one request. */
type Fate = "fine" | "lost" | "unanswered" | "doubled";

/** One browser with pages on one disk, in front of a server. */
class Phone {
  readonly server = new Server();
  readonly disk = disk();
  fate: Fate = "fine";
  device = "phone";
  /** This device's clock is behind the server's by so much. */
  now = Date.parse("2026-03-02T12:00:00Z");

  open(): Promise<Replica> {
    disk(this.disk);
    return Replica.open(DB, this.device, {
      exchange: async (request) => this.#exchange(structuredClone(request)),
      now: () => this.now,
      tell: () => {},
    });
  }

  #exchange(request: SyncRequest): Exchange {
    const { fate } = this;
    if (fate === "lost") return { kind: "lost" };
    if (fate === "doubled") this.server.answer(request, this.device, this.now);
    const exchange = this.server.answer(request, this.device, this.now);
    return fate === "unanswered" ? { kind: "lost" } : exchange;
  }
}

const set = (name: string, value: unknown) => ({ name: "preference.set", args: { name, value } });

async function drained(page: Replica, most = 60): Promise<void> {
  for (let round = 0; round < most; round++) {
    const done = await page.round();
    assert.equal(done.kind, "done");
    if (done.kind === "done" && !done.more) return;
  }
  assert.fail("the queue does not drain");
}

const sorted = (docs: Iterable<[string, unknown]>) => [...docs].sort(([one], [two]) => (one < two ? -1 : 1));
const shown = (page: Replica): [string, unknown][] =>
  page.keys("").map((entity) => [entity, page.get(entity)]);

/** What the server has, without what an act draws besides. */
const known = (server: Server) => sorted([...server.docs]);

type Step =
  | { do: "act" | "other acts"; value: string }
  | { do: "round" | "other round"; fate: Fate }
  | { do: "change" | "restart" | "reopen" | "see" }
  | { do: "crash"; at: number; doing: "act" | "round" };

const fates = fc.constantFrom<Fate>("fine", "fine", "fine", "lost", "unanswered", "doubled");
const values = fc.constantFrom("a", "b", "no");
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom("act" as const, "other acts" as const), value: values }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("round" as const, "round" as const, "other round" as const),
      fate: fates,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "change" as const,
        "change" as const,
        "restart" as const,
        "reopen" as const,
        "see" as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("crash" as const),
      at: fc.nat(30),
      doing: fc.constantFrom("act" as const, "round" as const),
    }),
  },
);

/** A story of one browser with two pages, and what must be true all along. */
class Story {
  readonly phone = new Phone();
  /** What is sure to have been done: the place of its value, by uid. */
  readonly acts = new Map<string, { place: string; value: string }>();
  /** Which of them this page has shown. The other page's acts come when it is told. */
  readonly #seen = new Set<string>();
  #maybe = 0;
  #count = 0;
  pages: Replica[] = [];

  async begin(page: number): Promise<void> {
    this.phone.server.page = page;
    this.phone.server.change({ "pair/a": { n: 0 }, "pair/b": { n: 0 } });
    this.pages = [await this.phone.open(), await this.phone.open()];
  }

  async step(step: Step): Promise<void> {
    const [mine, other] = this.pages as [Replica, Replica];
    const { server } = this.phone;
    if (step.do === "act") await this.#act(mine, step.value);
    else if (step.do === "other acts") await this.#act(other, step.value);
    else if (step.do === "round" || step.do === "other round") {
      this.phone.fate = step.fate;
      await (step.do === "round" ? mine : other).round();
      this.phone.fate = "fine";
    } else if (step.do === "change") {
      const n = ++this.#count;
      server.change({
        "pair/a": { n },
        "pair/b": { n },
        [`favorite/${n % 7}`]: n % 3 ? { sku: `${n % 7}` } : null,
      });
    } else if (step.do === "restart") server.restart();
    else if (step.do === "see") await other.reload();
    else if (step.do === "reopen") await this.#reopen();
    else if (step.do === "crash") await this.#crash(step);
    this.#check();
    const [page] = this.pages as [Replica];
    for (const [uid, { place }] of this.acts) if (page.get(`preference/${place}`)) this.#seen.add(uid);
  }

  async #act(page: Replica, value: string): Promise<void> {
    const place = `p${++this.#count}`;
    const [uid] = await page.mutate(set(place, value), { name: "favorite.add", args: { sku: place } });
    this.acts.set(uid as string, { place, value });
    assert.equal(page.get(`preference/${place}`)?.value, value, "what I did is on screen");
  }

  async #crash(step: { at: number; doing: "act" | "round" }): Promise<void> {
    const [mine] = this.pages as [Replica, Replica];
    const work = () => (step.doing === "act" ? this.#act(mine, "a") : mine.round());
    const before = this.acts.size;
    const crashed = await crashing(step.at, work);
    if (crashed && step.doing === "act" && this.acts.size === before) this.#maybe += 1;
    await this.#reopen();
  }

  async #reopen(): Promise<void> {
    for (const page of this.pages) page.close();
    this.pages = [await this.phone.open(), await this.phone.open()];
  }

  #check(): void {
    assert.equal(this.phone.server.forked, 0, "numbers go on where they were");
    for (const page of this.pages) {
      assert.deepEqual(page.get("pair/a"), page.get("pair/b"), "what changed together appears together");
    }
    const [mine] = this.pages as [Replica, Replica];
    for (const [uid, { place, value }] of this.acts) {
      if (this.phone.server.outcomes.get(uid)?.status === "rejected" || !this.#seen.has(uid)) continue;
      assert.ok(mine.get(`preference/${place}`), `${place}=${value} has gone from the screen`);
    }
  }

  async end(): Promise<void> {
    const { server } = this.phone;
    const [mine, other] = this.pages as [Replica, Replica];
    await drained(mine);
    await drained(other);
    await mine.reload();
    this.#check();
    for (const page of this.pages) {
      assert.equal(page.waiting, 0);
      assert.deepEqual(shown(page), known(server), "the device shows what the server has");
      assert.equal(page.version, server.version);
    }
    for (const uid of this.acts.keys()) assert.ok(server.outcomes.has(uid), "nothing is lost");
    const done = server.outcomes.size / 2;
    assert.ok(done >= this.acts.size && done <= this.acts.size + this.#maybe, `nothing is doubled: ${done}`);
    const told = [...server.outcomes.values()]
      .filter((each) => each.status === "rejected")
      .map((each) => each.uid);
    assert.deepEqual([...mine.refused].map((each) => each.uid).sort(), told.sort(), "refusals are told once");
  }
}

describe("a device", () => {
  test("loses nothing, doubles nothing, tears nothing, in any story", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(steps, { maxLength: 25 }),
        async (page, story) => {
          const told = new Story();
          await told.begin(page);
          for (const step of story) await told.step(step);
          await told.end();
        },
      ),
      { numRuns: RUNS, seed: 7 },
    );
  });

  test("may crash before any operation of an act or of an answer with pages", async () => {
    for (const doing of ["act", "round"] as const) {
      for (let at = 0; ; at++) {
        const told = new Story();
        await told.begin(2);
        for (const each of ["act", "change", "change"] as const)
          await told.step({ do: each, value: "a" } as Step);
        await told.step({ do: "round", fate: "fine" });
        const [mine] = told.pages as [Replica];
        const crashed = await crashing(at, () =>
          doing === "act" ? mine.mutate(set("milk", "oat")) : mine.round(),
        );
        await told.step({ do: "reopen" });
        if (doing === "round") await told.end();
        else await drained(told.pages[0] as Replica);
        assert.equal(told.phone.server.forked, 0);
        if (!crashed) break;
      }
    }
  });
});

describe("the queue", () => {
  test("is on disk before it is on screen, and counts on after a restart", async () => {
    const phone = new Phone();
    const first = await phone.open();
    await first.mutate(set("milk", "oat"), set("size", "tall"));
    first.close();
    const again = await phone.open();
    assert.equal(again.get("preference/size")?.value, "tall");
    await again.mutate(set("store", "main"));
    await drained(again);
    const ids = phone.server.requests.flatMap((request) => request.mutations.map((each) => each.id));
    assert.deepEqual(ids, [1, 2, 3]);
    await again.mutate(set("store", "oak"));
    await drained(again);
    assert.equal(phone.server.requests.at(-1)?.mutations[0]?.id, 4);
  });

  test("writes several acts or none of them", async () => {
    const phone = new Phone();
    const page = await phone.open();
    const crashed = await crashing(3, () => page.mutate(set("a", "1"), set("b", "2"), set("c", "3")));
    assert.ok(crashed);
    const again = await phone.open();
    assert.equal(again.waiting, 0);
  });

  test("drops exactly what has a result", async () => {
    const phone = new Phone();
    const page = await phone.open();
    const uids = await page.mutate(set("a", "1"), set("b", "2"), set("c", "3"));
    const { answer } = phone.server.answer({ schema: 1, cursor: null, mutations: [], offset_ms: 0 }) as {
      answer: SyncAnswer;
    };
    const results = [{ uid: uids[1] as string, id: 2, status: "ok" as const, code: null, version: 0 }];
    const store = await Store.open(DB);
    const swap = await store.absorb({ ...answer, results }, 0);
    assert.deepEqual(
      swap?.queue.map((each) => each.uid),
      [uids[0], uids[2]],
    );
    assert.deepEqual(
      (await store.load()).queue.map((each) => each.uid),
      [uids[0], uids[2]],
    );
  });

  test("is not touched by an answer that does not go on from what is here", async () => {
    const phone = new Phone();
    const page = await phone.open();
    await drained(page);
    phone.server.change({ "favorite/x": { sku: "x" } });
    const stale = phone.server.answer({ schema: 1, cursor: null, mutations: [], offset_ms: 0 }) as {
      answer: SyncAnswer;
    };
    await page.mutate(set("milk", "oat"));
    await drained(page);
    const before = await (await Store.open(DB)).load();
    const store = await Store.open(DB);
    for (const base of [
      null,
      { epoch: "e1", version: 0, after: null },
      { epoch: "e9", version: 2, after: null },
    ]) {
      assert.equal(await store.absorb({ ...stale.answer, base }, 5), null);
    }
    assert.deepEqual(await store.load(), before);
  });

  test("and the pages of an answer are not mixed up with those of another, nor with those before a reset", async () => {
    const phone = new Phone();
    phone.server.page = 1;
    phone.server.change({
      "favorite/a": { sku: "a" },
      "favorite/b": { sku: "b" },
      "favorite/c": { sku: "c" },
    });
    const page = await phone.open();
    await page.round();
    const store = await Store.open(DB);
    const { cursor } = await store.load();
    assert.equal(cursor?.after, "favorite/a");
    const late = phone.server.answer({ schema: 1, cursor, mutations: [], offset_ms: 0 }) as {
      answer: SyncAnswer;
    };
    await page.round();
    assert.equal(await store.absorb(late.answer, 0), null, "another page of this browser has had it");
    phone.server.epoch = "e2";
    phone.server.docs.delete("favorite/a");
    phone.server.docs.delete("favorite/b");
    await drained(page);
    assert.deepEqual(page.keys(""), ["favorite/c"]);
    assert.deepEqual([...(await store.load()).base.keys()], ["favorite/c"]);
    phone.server.epoch = "e3";
    phone.server.docs.delete("favorite/c");
    await drained(page);
    assert.deepEqual(page.keys(""), []);
    assert.equal((await store.load()).base.size, 0);
  });

  test("tells what was refused at once, and again after a restart, until somebody has seen it", async () => {
    const phone = new Phone();
    const page = await phone.open();
    const [uid] = await page.mutate(set("milk", "no"), set("size", "tall"));
    await drained(page);
    const told = (of: Replica) => of.refused.map((each) => [each.uid, each.code, each.args.value]);
    assert.deepEqual(told(page), [[uid, "refused", "no"]]);
    assert.equal(page.get("preference/milk"), undefined);
    const again = await phone.open();
    assert.deepEqual(told(again), [[uid, "refused", "no"]]);
    await again.forgive(uid as string);
    assert.deepEqual(told(again), []);
    assert.deepEqual(told(await phone.open()), []);
  });

  test("is kept by a reset, and what was done stays on screen until its documents are here", async () => {
    const phone = new Phone();
    phone.server.page = 2;
    const page = await phone.open();
    await drained(page);
    for (let n = 0; n < 9; n++) phone.server.change({ [`favorite/${n}`]: { sku: `${n}` } });
    await page.mutate(set("zz", "oat"));
    phone.server.epoch = "e2";
    for (let more = true; more; ) {
      const done = await page.round();
      assert.equal(page.get("preference/zz")?.value, "oat");
      more = done.kind === "done" && done.more;
      if (more) assert.equal(page.get("favorite/0"), undefined, "no page is shown before the last");
    }
    assert.ok(page.get("favorite/8"));
    assert.equal(page.waiting, 0);
  });

  test("says what was on screen when the person acted, not what is on its way", async () => {
    const phone = new Phone();
    const page = await phone.open();
    await drained(page);
    phone.server.page = 1;
    phone.server.change({ "favorite/a": { sku: "a" } });
    phone.server.change({ "favorite/b": { sku: "b" } });
    await page.round();
    await page.mutate(set("milk", "oat"));
    await drained(page);
    await page.mutate(set("milk", "soy"));
    await drained(page);
    const [first, second] = [...phone.server.mutations.values()];
    assert.deepEqual([first?.seen, first?.seen_epoch], [0, "e1"]);
    assert.deepEqual([second?.seen, second?.seen_epoch], [3, "e1"]);
  });

  test("sends at most fifty acts and 64 kB at once, and takes no act that does not fit", async () => {
    const phone = new Phone();
    const page = await phone.open();
    await page.mutate(...Array.from({ length: 120 }, (_, n) => set(`p${n}`, "v")));
    await drained(page);
    const sizes = phone.server.requests.map((request) => request.mutations.length);
    assert.deepEqual(sizes.filter(Boolean), [50, 50, 20]);
    phone.server.requests = [];
    await page.mutate(...Array.from({ length: 12 }, (_, n) => set(`q${n}`, "é".repeat(5000))));
    await drained(page);
    for (const request of phone.server.requests) {
      assert.ok(new TextEncoder().encode(JSON.stringify(request)).length <= 64 * 1024);
    }
    await assert.rejects(page.mutate(set("r", "x".repeat(40_000))), RangeError);
    assert.equal(page.waiting, 0);
  });

  test("is counted anew by another device's name, before anything is sent", async () => {
    const phone = new Phone();
    const page = await phone.open();
    await page.mutate(set("a", "1"));
    await drained(page);
    const uids = await page.mutate(set("b", "2"), set("c", "3"));
    page.close();
    phone.device = "phone 2";
    const again = await phone.open();
    assert.equal(again.get("preference/c")?.value, "3");
    await drained(again);
    const sent = phone.server.requests.at(-1)?.mutations.map((each) => [each.id, each.uid]);
    assert.deepEqual(sent, [
      [1, uids[0]],
      [2, uids[1]],
    ]);
    assert.equal(phone.server.forked, 0);
  });

  test("survives an older layout of the store, which keeps its documents on screen", async () => {
    const phone = new Phone();
    const old = await openDB(DB, 1, {
      upgrade(made) {
        for (const each of ["meta", "base", "stage", "refused"]) made.createObjectStore(each);
        made.createObjectStore("queue", { keyPath: "id" });
      },
    });
    const { id: _, ...act } = {
      id: 0,
      uid: "old",
      ...set("milk", "oat"),
      seen: 0,
      seen_epoch: null,
      at: "2026-03-02T12:00:00Z",
    };
    await old.put("queue", { ...act, id: 1 });
    await old.put("meta", 1, "last");
    await old.put("meta", { epoch: "e1", version: 0 }, "cursor");
    await old.put("meta", { epoch: "e1", version: 0 }, "shown");
    await old.put("stage", { doc: { n: 1 } }, "half/read");
    await old.put("base", { sku: "x" }, "favorite/x");
    old.close();
    const page = await phone.open();
    assert.equal(page.get("favorite/x")?.sku, "x");
    assert.equal(page.get("preference/milk")?.value, "oat");
    phone.server.change({ "favorite/y": { sku: "y" } });
    await drained(page);
    assert.ok(phone.server.outcomes.has("old"));
    assert.deepEqual(page.keys("favorite/"), ["favorite/y"]);
    assert.equal(page.get("half/read"), undefined);
  });

  test("and everything else is as before, where an answer makes no sense", async () => {
    const phone = new Phone();
    const page = await phone.open();
    await page.mutate(set("milk", "oat"));
    const { answer } = phone.server.answer({ schema: 1, cursor: null, mutations: [], offset_ms: 0 }) as {
      answer: SyncAnswer;
    };
    const store = await Store.open(DB);
    const before = await store.load();
    for (const odd of [{ results: 3 }, { put: null }, { del: "no" }, { cursor: undefined }]) {
      await assert.rejects(store.absorb({ ...answer, ...odd } as unknown as SyncAnswer, 1), TypeError);
    }
    await assert.rejects(store.absorb({} as SyncAnswer, 1), TypeError);
    assert.deepEqual(await store.load(), before);
  });

  test("of two pages on one disk shows everything, also where a page was not told", async () => {
    const phone = new Phone();
    const [one, two] = [await phone.open(), await phone.open()];
    await drained(one);
    phone.server.change({ "favorite/a": { sku: "a" } });
    await drained(two);
    await drained(one);
    assert.ok(one.get("favorite/a"));
    await two.mutate(set("milk", "oat"));
    await drained(one);
    assert.equal(one.get("preference/milk")?.value, "oat");
  });
});

test("the clock's offset is the middle of the round trip", async () => {
  const phone = new Phone();
  phone.server.ahead_ms = 300_000;
  const page = await phone.open();
  await drained(page);
  assert.equal(page.offset, 300_000);
  await page.mutate(set("milk", "oat"));
  await page.round();
  assert.equal(phone.server.requests.at(-1)?.offset_ms, 300_000);
});
