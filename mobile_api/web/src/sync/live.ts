/**
 * The server's notices, "your version is now 1843": a stream while the page is looked at, polling where there is none.
 *
 * Read by `fetch`, since an `EventSource` does not show the heartbeats: a stream that is silent for 45 seconds is dead,
 * whatever the browser says.
 */

export interface Notices {
  /** Return the address of a stream with a ticket in it; null where this server has none, or cannot be heard. */
  ticket(): Promise<string | null>;
  /** The server stands at this version. */
  poke(version: number): void;
  /** The count began anew, or nobody knows: ask for everything that is new. */
  resync(): void;
  /** This device was signed out elsewhere. */
  revoked(): void;
  /** Whether the stream is open, for who wants to show it. */
  open(is: boolean): void;
}

const SILENT_MS = 45_000;
const HIDDEN_MS = 30_000;
const POLL_MS = { least: 60_000, most: 120_000 };
const AGAIN_MS = { least: 500, most: 15_000 };

export class Live {
  readonly #notices: Notices;
  #stream: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hiding: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #stopped = false;
  readonly #seen = () => this.#look();

  constructor(notices: Notices) {
    this.#notices = notices;
  }

  start(): void {
    document.addEventListener("visibilitychange", this.#seen);
    window.addEventListener("pageshow", this.#seen);
    window.addEventListener("online", this.#seen);
    this.#look();
  }

  stop(): void {
    this.#stopped = true;
    document.removeEventListener("visibilitychange", this.#seen);
    window.removeEventListener("pageshow", this.#seen);
    window.removeEventListener("online", this.#seen);
    this.#close();
  }

  /** Open a new stream at every return: phones leave dead ones that look open. */
  #look(): void {
    clearTimeout(this.#hiding);
    if (document.visibilityState === "hidden") {
      this.#hiding = setTimeout(() => this.#close(), HIDDEN_MS);
      return;
    }
    this.#failures = 0;
    this.#close();
    this.#notices.resync();
    void this.#open();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#stream?.abort();
    this.#stream = null;
    this.#notices.open(false);
  }

  async #open(): Promise<void> {
    const stream = new AbortController();
    this.#stream = stream;
    const address = await this.#notices.ticket();
    if (stream.signal.aborted || this.#stopped) return;
    if (address === null) {
      this.#later(POLL_MS.least + Math.random() * (POLL_MS.most - POLL_MS.least), () =>
        this.#notices.resync(),
      );
      return;
    }
    try {
      await this.#read(address, stream);
    } catch {
      // Cut off, refused or silent: all the same to us.
    }
    if (this.#stream !== stream || this.#stopped) return;
    this.#notices.open(false);
    const most = Math.min(AGAIN_MS.most, AGAIN_MS.least * 2 ** this.#failures++);
    this.#later(AGAIN_MS.least + Math.random() * most);
  }

  #later(ms: number, first: () => void = () => {}): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      first();
      void this.#open();
    }, ms);
  }

  async #read(address: string, stream: AbortController): Promise<void> {
    let silence = setTimeout(() => stream.abort(), SILENT_MS);
    try {
      const answer = await fetch(address, { signal: stream.signal, cache: "no-store" });
      if (!answer.ok || answer.body === null) return;
      this.#notices.open(true);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ; ) {
        const { done, value } = await reader.read();
        if (done) return;
        this.#failures = 0;
        clearTimeout(silence);
        silence = setTimeout(() => stream.abort(), SILENT_MS);
        const events = (rest + value).split("\n\n");
        rest = events.pop() ?? "";
        for (const event of events) this.#hear(event);
      }
    } finally {
      clearTimeout(silence);
      stream.abort();
    }
  }

  #hear(event: string): void {
    const fields = new Map(event.split("\n").map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
    const kind = fields.get("event");
    if (kind === "poke") this.#notices.poke(Number(fields.get("data")));
    else if (kind === "resync") this.#notices.resync();
    else if (kind === "revoked") this.#notices.revoked();
  }
}
