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
/** So many requests without any progress, in a row or in so short a time, are a mistake of ours: stop for long. */
const RUNAWAY = { requests: 5, ms: 500, pause_ms: 60_000 };

export class Rounds {
  readonly #replica: Pick<Replica, "round" | "version">;
  readonly #clock: Clockwork;
  readonly #report: (state: State) => void;
  #running: Promise<void> | null = null;
  #again = false;
  #poked = false;
  #wanted = 0;
  #failures = 0;
  #idle: number[] = [];
  #barren = 0;
  #cancel: (() => void) | null = null;
  /** The server has said when to come back: nobody is in such a hurry that it does not count. */
  #told = false;
  #stopped = false;
  #state: State = { kind: "idle" };

  constructor(
    replica: Pick<Replica, "round" | "version">,
    clock: Clockwork,
    report: (state: State) => void = () => {},
  ) {
    this.#replica = replica;
    this.#clock = clock;
    this.#report = report;
  }

  /** Talk to the server now: somebody acted, came back, or the server said that there is something new. */
  run(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    if (this.#stopped || this.#told) return Promise.resolve();
    this.#cancel?.();
    this.#cancel = null;
    this.#barren = 0;
    this.#running = this.#loop();
    return this.#running;
  }

  /** The network is back, a person wants it, or the server began a new count: forget what was before. */
  hurry(): Promise<void> {
    this.#wanted = 0;
    this.#failures = 0;
    this.#idle = [];
    return this.run();
  }

  /**
   * The server says it stands at this version: talk to it if that is not here, or not what is being asked for.
   *
   * The first word of a stream also counts where it is less: the server may have begun a new count meanwhile.
   */
  poke(version: number, isFirst = false): Promise<void> {
    if (isFirst && version < (this.#replica.version ?? 0)) return this.hurry();
    this.#wanted = Math.max(this.#wanted, version);
    this.#poked = true;
    return this.#running ?? (this.#isBehind() ? this.run() : Promise.resolve());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #loop(): Promise<void> {
    this.#report({ kind: "busy" });
    let pause: number | null = 0;
    while (pause === 0) {
      this.#again = this.#poked = false;
      const round = await this.#round();
      if (this.#stopped) return;
      pause = this.#after(round);
    }
    this.#running = null;
    if (pause !== null) this.#cancel = this.#clock.later(() => this.#wake(), pause);
    this.#report(this.#state);
  }

  #wake(): void {
    this.#told = false;
    void this.run();
  }

  /** One round; null where this device itself failed: its disk is full, or its storage was taken away. */
  async #round(): Promise<Round | null> {
    try {
      return await this.#replica.round();
    } catch {
      return null;
    }
  }

  /** Return after how many milliseconds to go on: 0 at once, null when there is no need. */
  #after(round: Round | null): number | null {
    if (round === null) {
      this.#state = { kind: "stuck" };
      return this.#backOff(null);
    }
    if (round.kind === "refused") {
      this.#state = { kind: "refused", code: round.code };
      return null;
    }
    if (round.kind !== "done") {
      this.#state = { kind: "unheard" };
      return this.#backOff(round.kind === "later" ? round.after_seconds : null);
    }
    this.#failures = 0;
    if (this.#isRunaway(round.progress)) {
      this.#state = { kind: "stuck" };
      return RUNAWAY.pause_ms;
    }
    if (round.retry_after_seconds !== null) {
      this.#state = { kind: "unheard" };
      this.#told = true;
      return round.retry_after_seconds * 1000;
    }
    if (round.more || this.#again) return 0;
    // A poke that came meanwhile may tell of what this round was too early for: one more, no matter what this one brought.
    if (this.#isBehind() && (round.progress || this.#poked)) return 0;
    this.#wanted = 0;
    this.#state = { kind: "idle" };
    return null;
  }

  #isBehind(): boolean {
    return (this.#replica.version ?? -1) < this.#wanted;
  }

  /** Full jitter: anything up to the longest, so that a thousand devices do not come back together. */
  #backOff(seconds: number | null): number {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
    const jitter = Math.max(50, this.#clock.chance() * most);
    this.#told = seconds !== null;
    return seconds === null ? jitter : seconds * 1000 + jitter;
  }

  #isRunaway(progress: boolean): boolean {
    if (progress) {
      this.#idle = [];
      this.#barren = 0;
      return false;
    }
    const now = this.#clock.now();
    this.#idle = [...this.#idle.filter((at) => now - at < RUNAWAY.ms), now];
    return Math.max(this.#idle.length, ++this.#barren) >= RUNAWAY.requests;
  }
}
