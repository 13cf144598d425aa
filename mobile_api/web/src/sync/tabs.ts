/**
 * The pages of one browser: the one that is looked at leads (it hears the server's notices), all of them show the same.
 *
 * Whoever comes to the front takes the lead; a page that is hidden for 30 seconds, or goes, leaves it to one that waits.
 */

/** What pages tell each other: something was written; the person signed out. */
export type Word = "written" | "left";

const HIDDEN_MS = 30_000;

export class Tabs {
  readonly #channel: BroadcastChannel;
  readonly #name: string;
  #begin: () => void = () => {};
  #end: () => void = () => {};
  /** Our turn, or our place among those who wait for it; aborted when we do not want it (any more). */
  #turn: AbortController | null = null;
  #leads = false;
  #hiding: ReturnType<typeof setTimeout> | undefined;
  readonly #look = () => this.#looked();
  readonly #leave = () => this.#yield();

  constructor(name: string, heard: (word: Word) => void) {
    this.#name = name;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (event: MessageEvent<Word>) => heard(event.data);
  }

  tell(word: Word): void {
    try {
      this.#channel.postMessage(word);
    } catch {
      // Closed: there is nobody to tell any more.
    }
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Call `begin` whenever this page leads from now on, and `end` when it does no longer. */
  follow(begin: () => void, end: () => void): void {
    this.#begin = begin;
    this.#end = end;
    document.addEventListener("visibilitychange", this.#look);
    window.addEventListener("pageshow", this.#look);
    window.addEventListener("pagehide", this.#leave);
    this.#looked();
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.#look);
    window.removeEventListener("pageshow", this.#look);
    window.removeEventListener("pagehide", this.#leave);
    this.#yield();
    this.#channel.close();
  }

  #looked(): void {
    clearTimeout(this.#hiding);
    if (document.visibilityState === "hidden") {
      this.#hiding = setTimeout(() => this.#yield(), HIDDEN_MS);
    } else if (!this.#leads) {
      // The one who leads may be hidden, or asleep without knowing: it is not waited for.
      this.#turn?.abort();
      void this.#claim({ steal: true });
    }
  }

  #yield(): void {
    clearTimeout(this.#hiding);
    this.#turn?.abort();
    this.#turn = null;
    this.#lost();
  }

  async #claim(options: LockOptions): Promise<void> {
    const turn = new AbortController();
    const { signal } = turn;
    this.#turn = turn;
    try {
      await navigator.locks.request(
        `${this.#name}-lead`,
        options.steal ? options : { signal },
        () => signal.aborted || this.#led(signal),
      );
    } catch {
      // Another page came to the front and took the lead, or we did not want to wait any longer.
    }
    if (signal.aborted) return;
    this.#lost();
    void this.#claim({});
  }

  #led(signal: AbortSignal): Promise<void> {
    this.#leads = true;
    this.#begin();
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  }

  #lost(): void {
    if (this.#leads) this.#end();
    this.#leads = false;
  }
}
