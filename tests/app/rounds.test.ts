/** When a device talks to the server: never twice at once, never without end, and not before it was told to. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Round } from "@app/sync/replica";
import { Rounds, type State } from "@app/sync/rounds";
import * as fc from "fast-check";
import { settled } from "./browser";

type Done = Extract<Round, { kind: "done" }>;
const done = (what: Partial<Done> = {}): Round => ({
  kind: "done",
  progress: false,
  more: false,
  retry_after_seconds: null,
  ...what,
});

/** A replica whose rounds are answered by hand, and a clock that is turned by hand. */
class Bench {
  version: number | null = 1;
  now = 0;
  chance = 0.5;
  timers: { work: () => void; at: number }[] = [];
  open: ((round: Round | Error) => void)[] = [];
  begun = 0;
  most = 0;
  readonly states: State[] = [];
  readonly rounds: Rounds;

  constructor() {
    const bench = this;
    const replica = {
      get version() {
        return bench.version;
      },
      round: () =>
        new Promise<Round>((resolve, reject) => {
          this.begun += 1;
          this.open.push((round) => (round instanceof Error ? reject(round) : resolve(round)));
          this.most = Math.max(this.most, this.open.length);
        }),
    };
    const clock = {
      now: () => this.now,
      chance: () => this.chance,
      later: (work: () => void, ms: number) => {
        const timer = { work, at: this.now + ms };
        this.timers.push(timer);
        return () => {
          this.timers = this.timers.filter((each) => each !== timer);
        };
      },
    };
    this.rounds = new Rounds(replica, clock, (state) => this.states.push(state));
  }

  async answer(round: Round | Error): Promise<void> {
    const first = this.open.shift();
    assert.ok(first, "a request is on its way");
    first(round);
    await settled(2);
  }

  async wait(ms: number): Promise<void> {
    this.now += ms;
    const due = this.timers.filter((each) => each.at <= this.now);
    this.timers = this.timers.filter((each) => each.at > this.now);
    for (const each of due) each.work();
    await settled(2);
  }

  get state(): string | undefined {
    return this.states.at(-1)?.kind;
  }

  get pause(): number {
    assert.equal(this.timers.length, 1);
    return (this.timers[0] as { at: number }).at - this.now;
  }
}

test("one request at a time, whatever is called in between, and what was asked for meanwhile is done after it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("run", "hurry", "poke", "answer", "lost", "more", "wait", "fail"), {
        maxLength: 40,
      }),
      async (story) => {
        const bench = new Bench();
        for (const step of story) {
          if (step === "run") void bench.rounds.run();
          if (step === "hurry") void bench.rounds.hurry();
          if (step === "poke") void bench.rounds.poke(5);
          if (step === "wait") await bench.wait(70_000);
          if (!bench.open.length) continue;
          if (step === "answer") await bench.answer(done({ progress: true }));
          if (step === "lost") await bench.answer({ kind: "lost" });
          if (step === "more") await bench.answer(done({ more: true, progress: true }));
          if (step === "fail") await bench.answer(new Error("the disk is full"));
        }
        assert.ok(bench.most <= 1);
        assert.ok(bench.timers.length <= 1);
        assert.ok(bench.open.length + bench.timers.length > 0 || bench.state !== "busy");
        void bench.rounds.run();
        assert.equal(bench.open.length, 1, "it can always be asked again");
      },
    ),
  );
});

test("what was asked for while a round was on its way is done after it, once", async () => {
  const bench = new Bench();
  const ends = [bench.rounds.run(), bench.rounds.run(), bench.rounds.hurry()];
  await bench.answer(done());
  assert.equal(bench.begun, 2);
  await bench.answer(done());
  assert.equal(bench.begun, 2);
  await Promise.all(ends);
});

test("a poke for what is here already asks for nothing; one for more asks once", async () => {
  const bench = new Bench();
  void bench.rounds.poke(1);
  assert.equal(bench.begun, 0);
  void bench.rounds.poke(2);
  assert.equal(bench.begun, 1);
  bench.version = 2;
  await bench.answer(done({ progress: true }));
  assert.equal(bench.begun, 1);
  assert.equal(bench.state, "idle");
});

test("a poke that a round was too early for leads to one more, and to no third", async () => {
  const bench = new Bench();
  void bench.rounds.run();
  void bench.rounds.poke(2);
  await bench.answer(done());
  assert.equal(bench.begun, 2);
  await bench.answer(done());
  assert.equal(bench.begun, 2, "the server does not have it: no reason to go on asking");
  assert.equal(bench.state, "idle");
});

test("a poke for what the running round brings leads to no other", async () => {
  const bench = new Bench();
  void bench.rounds.run();
  void bench.rounds.poke(2);
  bench.version = 2;
  await bench.answer(done({ progress: true }));
  assert.equal(bench.begun, 1);
});

test("a stream's first word that is less than what is here means a new count: ask", async () => {
  const bench = new Bench();
  bench.version = 9;
  void bench.rounds.poke(3);
  assert.equal(bench.begun, 0, "a late one");
  void bench.rounds.poke(3, true);
  assert.equal(bench.begun, 1);
});

test("it waits for longer and longer, with full jitter, and begins anew once heard", async () => {
  const bench = new Bench();
  void bench.rounds.run();
  let most = 500;
  for (let failure = 0; failure < 12; failure++) {
    bench.chance = failure % 2 ? 1 : 0;
    await bench.answer({ kind: "lost" });
    assert.equal(bench.state, "unheard");
    assert.equal(bench.pause, bench.chance ? most : 50);
    most = Math.min(60_000, most * 2);
    await bench.wait(bench.pause);
  }
  await bench.answer(done());
  bench.chance = 1;
  void bench.rounds.run();
  await bench.answer({ kind: "lost" });
  assert.equal(bench.pause, 500);
});

test("a person who acts does not wait for the next try", async () => {
  const bench = new Bench();
  void bench.rounds.run();
  await bench.answer({ kind: "lost" });
  void bench.rounds.run();
  assert.equal(bench.begun, 2);
  assert.equal(bench.timers.length, 0);
});

test("the server's pause is kept, whoever is in a hurry", async () => {
  for (const told of [
    { kind: "later", after_seconds: 30 },
    done({ retry_after_seconds: 30, more: true }),
  ] as Round[]) {
    const bench = new Bench();
    bench.chance = 1;
    void bench.rounds.run();
    await bench.answer(told);
    assert.ok(bench.pause >= 30_000 && bench.pause <= 60_000);
    void bench.rounds.run();
    void bench.rounds.hurry();
    void bench.rounds.poke(99);
    assert.equal(bench.begun, 1);
    await bench.wait(bench.pause);
    assert.equal(bench.begun, 2);
    await bench.answer(done({ progress: true }));
    void bench.rounds.run();
    assert.ok(bench.begun >= 3, "and then it is over");
  }
});

test("rounds that bring nothing stop after five, fast or slow, for a minute", async () => {
  for (const ms of [10, 5000]) {
    const bench = new Bench();
    void bench.rounds.run();
    for (let round = 0; round < 5; round++) {
      bench.now += ms;
      await bench.answer(done({ more: true }));
    }
    assert.equal(bench.begun, 5);
    assert.equal(bench.state, "stuck");
    assert.equal(bench.pause, 60_000);
  }
});

test("asking again and again without need stops as well", async () => {
  const bench = new Bench();
  for (let call = 0; call < 5; call++) {
    void bench.rounds.run();
    bench.now += 20;
    await bench.answer(done());
  }
  assert.equal(bench.state, "stuck");
});

test("a long queue is no runaway", async () => {
  const bench = new Bench();
  void bench.rounds.run();
  for (let round = 0; round < 40; round++) await bench.answer(done({ more: true, progress: true }));
  await bench.answer(done({ progress: true }));
  assert.equal(bench.begun, 41);
  assert.equal(bench.state, "idle");
});

test("a refusal is told and not tried again by itself", async () => {
  const bench = new Bench();
  void bench.rounds.run();
  await bench.answer({ kind: "refused", status: 426, code: "update_needed" });
  assert.deepEqual(bench.states.at(-1), { kind: "refused", code: "update_needed" });
  assert.equal(bench.timers.length, 0);
});

test("a full disk is told, and tried again later", async () => {
  const bench = new Bench();
  void bench.rounds.run();
  await bench.answer(new Error("QuotaExceededError"));
  assert.equal(bench.state, "stuck");
  await bench.wait(bench.pause);
  assert.equal(bench.begun, 2);
});

test("what is asked for while its end is told is done", async () => {
  const bench = new Bench();
  void bench.rounds.run();
  const told = bench.states.push.bind(bench.states);
  let once = true;
  bench.states.push = (...states) => {
    if (states[0]?.kind === "idle" && once) {
      once = false;
      void bench.rounds.run();
    }
    return told(...states);
  };
  await bench.answer(done());
  assert.equal(bench.begun, 2);
});

test("stopped is stopped", async () => {
  const bench = new Bench();
  void bench.rounds.run();
  bench.rounds.stop();
  await bench.answer(done({ more: true, progress: true }));
  void bench.rounds.run();
  assert.equal(bench.begun, 1);
  assert.equal(bench.timers.length, 0);
});
