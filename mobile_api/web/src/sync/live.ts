/**
 * The server's notices, "your version is now 1843": a stream while the page is looked at, polling where there is none.
 *
 * Read by `fetch`, since an `EventSource` does not show the heartbeats: a stream that is silent for 45 seconds is dead,
 * whatever the browser says.
 */

export interface Notices {
  /** Return the address of a stream with a ticket in it; null where the server cannot be heard. */
  ticket(): Promise<string | null>;
  /** The server stands at this version; `isFirst`: a stream's first word. */
  poke(version: number, isFirst: boolean): void;
  /** The count began anew, or nobody knows: ask for everything that is new. */
  resync(): void;
  /** This device was signed out elsewhere. */
  revoked(): void;
  /** Whether the stream is open, for who wants to show it. */
  open(is: boolean): void;
}

const SILENT_MS = 45_000;
const POLL_MS = { least: 60_000, most: 120_000 };
const AGAIN_MS = { least: 500, most: 15_000 };

/** How a stream ended: `refused` by a server that has none for us now, or cut off. */
type End = "refused" | "cut";

const pollMs = () => POLL_MS.least + Math.random() * (POLL_MS.most - POLL_MS.least);

export class Live {
  readonly #notices: Notices;
  #stream: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  /** When something new would last have been heard of, and how long that may be ago. */
  #heard = 0;
  #patience = POLL_MS.least;
  readonly #seen = () => this.#look();
  readonly #shown = (event: PageTransitionEvent) => event.persisted && this.#look();

  constructor(notices: Notices) {
    this.#notices = notices;
  }

  start(): void {
    document.addEventListener("visibilitychange", this.#seen);
    window.addEventListener("pageshow", this.#shown);
    window.addEventListener("online", this.#seen);
    this.#look();
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.#seen);
    window.removeEventListener("pageshow", this.#shown);
    window.removeEventListener("online", this.#seen);
    this.#close();
  }

  /** Open a new stream at every return: phones leave dead ones that look open. */
  #look(): void {
    if (document.visibilityState === "hidden") return;
    this.#failures = 0;
    this.#close();
    this.#resync();
    void this.#open();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#stream?.abort();
    this.#stream = null;
    this.#notices.open(false);
  }

  #resync(): void {
    this.#heard = Date.now();
    this.#patience = pollMs();
    this.#notices.resync();
  }

  async #open(): Promise<void> {
    const stream = new AbortController();
    this.#stream = stream;
    const end = await this.#listen(stream);
    stream.abort();
    if (this.#stream !== stream) return;
    this.#notices.open(false);
    // Where no stream holds, not even one that looks open, this device asks by itself.
    if (Date.now() - this.#heard >= this.#patience) this.#resync();
    const most = Math.min(AGAIN_MS.most, AGAIN_MS.least * 2 ** this.#failures++);
    const pause = end === "refused" ? this.#patience : AGAIN_MS.least + Math.random() * most;
    this.#timer = setTimeout(() => void this.#open(), pause);
  }

  /** Hear a stream to its end; never throws. */
  async #listen(stream: AbortController): Promise<End> {
    let silence: ReturnType<typeof setTimeout> | undefined;
    const wait = () => {
      clearTimeout(silence);
      silence = setTimeout(() => stream.abort(), SILENT_MS);
    };
    try {
      const address = await this.#notices.ticket();
      if (address === null || stream.signal.aborted) return "cut";
      wait();
      const answer = await fetch(address, { signal: stream.signal, cache: "no-store", credentials: "omit" });
      if (!answer.ok || answer.body === null) return "refused";
      this.#notices.open(true);
      await this.#read(answer.body, wait);
    } catch {
      // Cut off, refused or silent: all the same to us.
    } finally {
      clearTimeout(silence);
    }
    return "cut";
  }

  async #read(body: ReadableStream<Uint8Array>, isAlive: () => void): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let isFirst = true;
    for (let rest = ""; ; ) {
      const { done, value } = await reader.read();
      if (done) return;
      isAlive();
      this.#failures = 0;
      this.#heard = Date.now();
      const events = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) if (this.#hear(event, isFirst)) isFirst = false;
    }
  }

  /** Pass on what an event says; tell whether it was one (and not a heartbeat). */
  #hear(event: string, isFirst: boolean): boolean {
    const fields = new Map(event.split("\n").map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
    const kind = fields.get("event");
    if (kind === "poke") this.#notices.poke(Number(fields.get("data")), isFirst);
    else if (kind === "resync") this.#notices.resync();
    else if (kind === "revoked") this.#notices.revoked();
    return kind !== undefined;
  }
}
