/** The server's notices and the pages that hear them: streams that end, fall silent or never come, and who leads. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Live } from "@app/sync/live";
import { Tabs } from "@app/sync/tabs";
import { Locks, settled } from "./browser";

const doc = Object.assign(new EventTarget(), { visibilityState: "visible" });
const win = new EventTarget();
Object.assign(globalThis, { document: doc, window: win });

function look(state: "visible" | "hidden"): void {
  doc.visibilityState = state;
  doc.dispatchEvent(new Event("visibilitychange"));
}

/** A stream that a test speaks into. */
class Stream {
  static all: Stream[] = [];
  readonly #text = new TextEncoder();
  aborted = false;
  #into: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly body = new ReadableStream<Uint8Array>({
    start: (into) => {
      this.#into = into;
    },
  });

  constructor(
    readonly address: string,
    signal: AbortSignal,
  ) {
    Stream.all.push(this);
    signal.addEventListener("abort", () => {
      this.aborted = true;
      try {
        this.#into?.error(signal.reason);
      } catch {
        // It had ended.
      }
    });
  }

  async say(...parts: string[]): Promise<void> {
    for (const part of parts) this.#into?.enqueue(this.#text.encode(part));
    await settled(4);
  }

  async end(): Promise<void> {
    this.#into?.close();
    await settled(4);
  }
}

let status = 200;
let address: string | null = "/api/v1/live?ticket=t";
let heard: string[] = [];
let live: Live;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  Stream.all = [];
  heard = [];
  status = 200;
  address = "/api/v1/live?ticket=t";
  doc.visibilityState = "visible";
  mock.method(Math, "random", () => 0.5);
  mock.method(globalThis, "fetch", async (path: string, { signal }: { signal: AbortSignal }) => {
    if (status !== 200) return new Response(null, { status });
    return new Response(new Stream(path, signal).body);
  });
  live = new Live({
    ticket: async () => address,
    poke: (version, isFirst) => heard.push(`poke ${version}${isFirst ? " first" : ""}`),
    resync: () => heard.push("resync"),
    revoked: () => heard.push("revoked"),
    open: () => {},
  });
});

afterEach(() => {
  live.stop();
  mock.timers.reset();
  mock.restoreAll();
});

/** Let time go by, and everything happen that it brings. */
async function wait(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    mock.timers.tick(1000);
    await settled(4);
  }
}

async function started(): Promise<Stream> {
  live.start();
  await settled(4);
  return Stream.all.at(-1) as Stream;
}

const count = (what: string) => heard.filter((each) => each === what).length;

describe("a stream", () => {
  test("is opened at the address of the ticket, and its words are passed on, however they are cut", async () => {
    const stream = await started();
    assert.equal(stream.address, "/api/v1/live?ticket=t");
    await stream.say(
      "retry: 700\n\n",
      "event: po",
      "ke\nda",
      "ta: 18",
      "43\n\n:\n\nevent: poke\ndata: 1844\n\n",
    );
    await stream.say("event: resync\ndata: 3\n\nevent: revoked\ndata: d\n\n");
    assert.deepEqual(heard, ["resync", "poke 1843 first", "poke 1844", "resync", "revoked"]);
  });

  test("stays while heartbeats come, and is given up after 45 silent seconds", async () => {
    const stream = await started();
    for (let beat = 0; beat < 12; beat++) {
      await wait(10);
      await stream.say(":\n\n");
    }
    assert.equal(Stream.all.length, 1);
    await wait(44);
    assert.equal(stream.aborted, false);
    await wait(3);
    assert.equal(stream.aborted, true);
    assert.equal(Stream.all.length, 2, "another one is opened");
  });

  test("that never says a word is given up as well", async () => {
    const stream = await started();
    await wait(46);
    assert.equal(stream.aborted, true);
  });

  test("that was cut off comes back soon, also where the server is away for a while", async () => {
    const stream = await started();
    await stream.say("event: poke\ndata: 5\n\n");
    address = null;
    await stream.end();
    await wait(30);
    address = "/api/v1/live?ticket=t";
    await wait(16);
    assert.equal(Stream.all.length, 2);
    await Stream.all[1]?.say("event: poke\ndata: 7\n\n");
    assert.equal(heard.at(-1), "poke 7 first");
  });

  test("is opened anew at every return to the page and to the network, and once at the start", async () => {
    const stream = await started();
    window.dispatchEvent(new Event("pageshow"));
    await settled(4);
    assert.equal(Stream.all.length, 1);
    for (const back of [
      () => look("visible"),
      () => window.dispatchEvent(new Event("online")),
      () => window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true })),
    ]) {
      back();
      await settled(4);
    }
    assert.equal(stream.aborted, true);
    assert.equal(Stream.all.length, 4);
    assert.equal(Stream.all.filter((each) => !each.aborted).length, 1);
    assert.equal(count("resync"), 4);
  });

  test("ends for good when it is stopped, and begins again when it is started", async () => {
    const stream = await started();
    live.stop();
    assert.equal(stream.aborted, true);
    await wait(200);
    assert.equal(Stream.all.length, 1);
    const again = await started();
    assert.equal(again.aborted, false);
    assert.equal(Stream.all.length, 2);
  });

  test("that was asked for when the page was left is not opened", async () => {
    live.start();
    live.stop();
    await wait(200);
    assert.equal(Stream.all.length, 0);
  });
});

describe("without streams", () => {
  test("a server that keeps none is asked every minute or two", async () => {
    status = 501;
    await started();
    assert.equal(count("resync"), 1);
    await wait(600);
    const asked = count("resync") - 1;
    assert.ok(asked >= 5 && asked <= 10, `${asked} times in ten minutes`);
  });

  test("so is one whose streams look open and stay silent", async () => {
    await started();
    await wait(600);
    const asked = count("resync") - 1;
    assert.ok(asked >= 3 && asked <= 10, `${asked} times in ten minutes`);
  });

  test("and one that cannot be heard is tried again and again", async () => {
    address = null;
    await started();
    await wait(60);
    address = "/api/v1/live?ticket=t";
    await wait(16);
    assert.equal(Stream.all.length, 1);
  });
});

describe("of the pages of one browser", () => {
  let pages: Page[] = [];

  /** A page with a document of its own. */
  class Page {
    readonly doc = Object.assign(new EventTarget(), { visibilityState: "visible" });
    readonly window = new EventTarget();
    readonly words: string[] = [];
    leads = false;
    readonly tabs: Tabs;

    constructor() {
      this.tabs = this.in(() => new Tabs("regulars-m", (word) => this.words.push(word)));
      pages.push(this);
    }

    in<T>(work: () => T): T {
      Object.assign(globalThis, { document: this.doc, window: this.window });
      try {
        return work();
      } finally {
        Object.assign(globalThis, { document: doc, window: win });
      }
    }

    async follow(): Promise<this> {
      const begin = () => {
        this.leads = true;
      };
      const end = () => {
        this.leads = false;
      };
      this.in(() => this.tabs.follow(begin, end));
      await settled(4);
      return this;
    }

    async look(state: "visible" | "hidden"): Promise<void> {
      this.doc.visibilityState = state;
      this.in(() => this.doc.dispatchEvent(new Event("visibilitychange")));
      await settled(4);
    }

    /** Let what a timer does see this page's document. */
    async wait(seconds: number): Promise<void> {
      mock.timers.tick(seconds * 1000);
      await settled(4);
    }

    async close(): Promise<void> {
      this.in(() => this.tabs.close());
      await settled(4);
    }
  }

  beforeEach(() => {
    pages = [];
    Object.defineProperty(globalThis, "navigator", { value: { locks: new Locks() }, configurable: true });
  });
  afterEach(async () => {
    for (const page of pages) await page.close();
  });

  const leaders = () => pages.map((page) => page.leads);

  test("one leads: the one that came to the front last", async () => {
    const one = await new Page().follow();
    assert.deepEqual(leaders(), [true]);
    const two = await new Page().follow();
    assert.deepEqual(leaders(), [false, true]);
    await two.look("hidden");
    await one.look("visible");
    assert.deepEqual(leaders(), [true, false]);
  });

  test("when it is closed, another takes over", async () => {
    const one = await new Page().follow();
    const two = await new Page().follow();
    await two.close();
    assert.deepEqual(leaders(), [true, false]);
    await one.close();
    assert.deepEqual(leaders(), [false, false]);
  });

  test("when it is hidden for 30 seconds, one that is beside it takes over", async () => {
    await new Page().follow();
    const two = await new Page().follow();
    await two.look("hidden");
    await two.wait(29);
    assert.deepEqual(leaders(), [false, true]);
    await two.wait(2);
    assert.deepEqual(leaders(), [true, false]);
    await two.look("visible");
    assert.deepEqual(leaders(), [false, true]);
  });

  test("one that is put away leads no longer, and again when it is back", async () => {
    const one = await new Page().follow();
    one.in(() => one.window.dispatchEvent(new Event("pagehide")));
    await settled(4);
    assert.deepEqual(leaders(), [false]);
    one.in(() => one.window.dispatchEvent(new Event("pageshow")));
    await settled(4);
    assert.deepEqual(leaders(), [true]);
  });

  test("a page that was opened in the background waits until it is looked at", async () => {
    await new Page().follow();
    const two = new Page();
    two.doc.visibilityState = "hidden";
    await two.follow();
    assert.deepEqual(leaders(), [true, false]);
  });

  test("each hears what the others say, and a closed one says nothing", async () => {
    const [one, two] = [new Page(), new Page()];
    one.tabs.tell("written");
    while (!two.words.length) await settled(1);
    assert.deepEqual([one.words, two.words], [[], ["written"]]);
    await one.close();
    one.tabs.tell("left");
  });
});
