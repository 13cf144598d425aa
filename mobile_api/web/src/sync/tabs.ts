/** The pages of one browser: one of them leads and talks to the server, all of them show the same. */

/** What pages tell each other: something was written; the person signed out. */
export type Word = "written" | "left";

export class Tabs {
  readonly #channel: BroadcastChannel;
  readonly #name: string;
  readonly #ended = new AbortController();

  constructor(name: string, heard: (word: Word) => void) {
    this.#name = name;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (event: MessageEvent<Word>) => heard(event.data);
  }

  tell(word: Word): void {
    if (!this.#ended.signal.aborted) this.#channel.postMessage(word);
  }

  /** Call `lead` when this page is the one that leads: at once, or when the one before it has gone. */
  async lead(lead: () => void): Promise<void> {
    const { signal } = this.#ended;
    try {
      await navigator.locks.request(`${this.#name}-lead`, { signal }, () => {
        lead();
        return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  close(): void {
    this.#ended.abort();
    this.#channel.close();
  }
}
