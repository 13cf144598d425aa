/** A device without a screen: the app's own session, requests, replica and rounds, in front of a real server. */

import { Api, sessionOf, type TokenPair } from "@app/app/api";
import { exchangeOf } from "@app/app/exchange";
import { type Keeping, openKeeping } from "@app/app/keeping";
import { Replica } from "@app/sync/replica";
import { Rounds, type State } from "@app/sync/rounds";
import type { Exchange, SyncAnswer, SyncRequest } from "@app/sync/types";
import { disk, Locks } from "./browser";

Object.defineProperty(globalThis, "navigator", { value: { locks: new Locks() }, configurable: true });

/** The paths that were asked for, in their order. */
export const requestsSent: string[] = [];

/** Have the app's requests (to paths) go to this server. */
export function serveFrom(base: string): void {
  const right = globalThis.fetch;
  globalThis.fetch = ((path: string, options: RequestInit) => {
    requestsSent.push(path);
    return right(base + path, options);
  }) as typeof fetch;
}

export type Network = (send: () => Promise<Exchange>) => Promise<Exchange>;

export class Device {
  readonly address: string;
  readonly name: string;
  /** How far this device's clock is ahead. */
  skew_ms: number;
  /** What lies between this device and the server. */
  network: Network = (send) => send();
  /** What a request is changed to before it goes. */
  changed: (request: SyncRequest) => SyncRequest = (request) => request;
  readonly over: string[] = [];
  readonly states: State[] = [];
  requests = 0;
  keeping!: Keeping;
  api!: Api;
  replica!: Replica;
  rounds!: Rounds;
  member = "";
  readonly #disk = disk();
  #life = 0;

  constructor(address: string, name: string, skew_ms = 0) {
    this.address = address;
    this.name = name;
    this.skew_ms = skew_ms;
  }

  /** Sign in by a code to the address; the demo's mailbox has it. */
  async signIn(): Promise<void> {
    await this.#openKeeping();
    const told = { open: true };
    const before = await this.#code();
    await this.api.post("/auth/codes", { address: this.address }, told);
    let code = await this.#code();
    for (let tries = 0; tries < 600 && code === before; tries++) {
      await new Promise((done) => setTimeout(done, 100));
      code = await this.#code();
    }
    const device = { name: this.name, platform: "web" };
    const body = { address: this.address, code, device, profile: { given_name: "Ann" } };
    const answer = await this.api.post<TokenPair & { member_id: string }>("/auth/sessions", body, told);
    if (!answer.ok) throw new Error(`${this.address}: ${JSON.stringify(answer.problem)}`);
    this.member = answer.data.member_id;
    await this.keeping.put("session", { ...sessionOf(answer.data), member: this.member }, "me");
    await this.#open();
  }

  /** The newest code in the demo's mailbox, among other mail. */
  async #code(): Promise<string | undefined> {
    const path = `/dev/mailbox?to=${encodeURIComponent(this.address)}`;
    const mail = await this.api.get<{ items: { text: string }[] }>(path, { open: true });
    const texts = mail.ok ? mail.data.items.map((each) => each.text) : [];
    return texts.flatMap((text) => text.match(/\b\d{6}\b/) ?? [])[0];
  }

  /** The page is gone in the middle of whatever it did, and opened again. */
  async crash(): Promise<void> {
    this.#life += 1;
    this.rounds.stop();
    this.replica.close();
    this.keeping.close();
    await this.#openKeeping();
    await this.#open();
  }

  /** The access token is no good any more: `spent` as the server sees it, or by this device's clock. */
  async expire(spent: boolean): Promise<void> {
    const session = await this.keeping.get("session", "me");
    if (!session) return;
    const now = spent ? { access: "spent" } : { access_until: 0 };
    await this.keeping.put("session", { ...session, ...now }, "me");
  }

  async #openKeeping(): Promise<void> {
    disk(this.#disk);
    this.keeping = await openKeeping();
    this.api = new Api(this.keeping, (code) => this.over.push(code));
  }

  async #open(): Promise<void> {
    const session = await this.keeping.get("session", "me");
    disk(this.#disk);
    this.replica = await Replica.open(`regulars-${this.member}`, session?.device ?? "", {
      exchange: (request) => this.#exchange(request),
      now: () => Date.now() + this.skew_ms,
      tell: () => {},
    });
    const clock = {
      now: Date.now,
      chance: Math.random,
      // A minute of waiting is three seconds here.
      later: (work: () => void, ms: number) => {
        const timer = setTimeout(work, ms / 20);
        return () => clearTimeout(timer);
      },
    };
    this.rounds = new Rounds(this.replica, clock, (state) => this.states.push(state));
  }

  #exchange(request: SyncRequest): Promise<Exchange> {
    const { api } = this;
    const life = this.#life;
    const send = async () => {
      this.requests += 1;
      return exchangeOf(await api.post<SyncAnswer>("/sync", this.changed(request)));
    };
    return this.network(send).then((exchange) => {
      // A page that is gone hears nothing.
      return life === this.#life ? exchange : new Promise<Exchange>(() => {});
    });
  }
}
