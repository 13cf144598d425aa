/**
 * When this device talks to the server: one request at a time, at once when there is something to say, later and later
 * when it is not heard.
 */

import type { Replica, Round } from "./replica";

/** What a person may want to know. `refused` has the server's code: it wants something of us before it goes on. */
export type State =
  | { kind: "idle" | "busy" | "unheard" }
  | { kind: "refused"; code: string }
  | { kind: "stuck" };

export interface Clockwork {
  now(): number;
  /** Call later; return how to call it off. */
  later(work: () => void, ms: number): () => void;
  /** A number from 0 to 1. */
  chance(): number;
}

const FIRST_MS = 500;
const LONGEST_MS = 60_000;
/** So many requests in so short a time without any progress are a mistake of ours: stop, and try again much later. */
const RUNAWAY = { requests: 5, ms: 500, pause_ms: 60_000 };

export class Rounds {
  readonly #replica: Replica;
  readonly #clock: Clockwork;
  readonly #report: (state: State) => void;
  #running: Promise<void> | null = null;
  #again = false;
  #wanted = 0;
  #failures = 0;
  #idle: number[] = [];
  #cancel: (() => void) | null = null;
  #stopped = false;

  constructor(replica: Replica, clock: Clockwork, report: (state: State) => void = () => {}) {
    this.#replica = replica;
    this.#clock = clock;
    this.#report = report;
  }

  /** Talk to the server now: somebody acted, came back, or the server said that there is something new. */
  run(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#cancel?.();
    this.#cancel = null;
    this.#running = this.#loop().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** The network is back, a person wants it, or the server began a new count: forget what was before. */
  hurry(): Promise<void> {
    this.#wanted = 0;
    this.#failures = 0;
    this.#idle = [];
    return this.run();
  }

  /** The server says it stands at this version: talk to it unless that is what is here. */
  poke(version: number): Promise<void> {
    this.#wanted = Math.max(this.#wanted, version);
    return this.#running ?? (this.#isBehind() ? this.run() : Promise.resolve());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #loop(): Promise<void> {
    this.#report({ kind: "busy" });
    for (;;) {
      this.#again = false;
      const round = await this.#replica.round();
      if (this.#stopped) return;
      const pause = this.#after(round);
      if (pause === null) return;
      if (pause === 0) continue;
      this.#cancel = this.#clock.later(() => void this.run(), pause);
      return;
    }
  }

  /** Return after how many milliseconds to go on: 0 at once, null when there is no need. */
  #after(round: Round): number | null {
    if (round.kind === "refused") {
      this.#report({ kind: "refused", code: round.code });
      return null;
    }
    if (round.kind !== "done") {
      this.#report({ kind: "unheard" });
      return this.#backOff(round.kind === "later" ? round.after_seconds : null);
    }
    this.#failures = 0;
    if (this.#isRunaway(round.progress)) {
      this.#report({ kind: "stuck" });
      return RUNAWAY.pause_ms;
    }
    if (round.retry_after_seconds !== null) return round.retry_after_seconds * 1000;
    if (round.more || this.#again || (round.progress && this.#isBehind())) return 0;
    this.#report({ kind: "idle" });
    return null;
  }

  #isBehind(): boolean {
    return (this.#replica.version ?? -1) < this.#wanted;
  }

  /** Full jitter: anything up to the longest, so that a thousand devices do not come back together. */
  #backOff(seconds: number | null): number {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
    const jitter = Math.max(50, this.#clock.chance() * most);
    return seconds === null ? jitter : seconds * 1000 + jitter;
  }

  #isRunaway(progress: boolean): boolean {
    if (progress) {
      this.#idle = [];
      return false;
    }
    const now = this.#clock.now();
    this.#idle = [...this.#idle.filter((at) => now - at < RUNAWAY.ms), now];
    return this.#idle.length >= RUNAWAY.requests;
  }
}
