/** The running app: who is signed in, their replica, and what keeps it in step. One for each page. */

import { speak } from "@ui/texts";
import { enroll, stockUp } from "../codes/pay";
import { Live } from "../sync/live";
import { Replica } from "../sync/replica";
import { Rounds, type State } from "../sync/rounds";
import { Tabs } from "../sync/tabs";
import type { Doc, Exchange, SyncAnswer, SyncRequest } from "../sync/types";
import { type Answer, Api, sessionOf, type TokenPair } from "./api";
import { forgetEverything, type Keeping, openKeeping, type Session } from "./keeping";
import type { Catalog, Program } from "./wire";

/** What is known about the connection, for who wants to show it. */
export interface Health {
  sync: State;
  live: boolean;
  online: boolean;
}

/** Why this device is not signed in (any more); null: it never was, or the person signed out. */
export type Ended = "session_expired" | "device_revoked" | "device_forked" | null;

interface Running {
  session: Session;
  replica: Replica;
  rounds: Rounds;
  live: Live;
  tabs: Tabs;
}

export class App {
  readonly keeping: Keeping;
  readonly api: Api;
  program: Program | null = null;
  catalog: Catalog | null = null;
  health: Health = { sync: { kind: "idle" }, live: false, online: navigator.onLine };
  ended: Ended = null;
  #running: Running | null = null;
  readonly #listeners = new Set<() => void>();

  private constructor(keeping: Keeping) {
    this.keeping = keeping;
    this.api = new Api(keeping, (code) => void this.#over(code));
  }

  static async start(): Promise<App> {
    const app = new App(await openKeeping());
    const session = await app.keeping.get("session", "me");
    await Promise.all([app.#readShared(), session && app.#run(session)]);
    addEventListener("online", () => app.#heard(true));
    addEventListener("offline", () => app.#heard(false));
    return app;
  }

  /** Call the listener when anything here changes that is not a document. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get session(): Session | null {
    return this.#running?.session ?? null;
  }

  get isSignedIn(): boolean {
    return this.#running !== null;
  }

  /** The member's documents; only for screens behind sign-in. */
  get replica(): Replica {
    if (this.#running === null) throw new Error("nobody is signed in");
    return this.#running.replica;
  }

  /** Do something that the server is told of when it can be heard. */
  async mutate(name: string, args: Doc): Promise<string> {
    const [uid] = await this.replica.mutate({ name, args });
    void this.#running?.rounds.run();
    return uid as string;
  }

  /** Do several things together: all of them are written, or none. */
  async mutateAll(acts: { name: string; args: Doc }[]): Promise<void> {
    await this.replica.mutate(...acts);
    void this.#running?.rounds.run();
  }

  /** Ask the server now what is new: after an online request, or when a person wants it. */
  refresh(): Promise<void> {
    return this.#running?.rounds.hurry() ?? Promise.resolve();
  }

  /** Do something online, once, and bring its consequences to the screen before returning. */
  async once<T>(slot: string, path: string, body: unknown): Promise<Answer<T>> {
    const answer = await this.api.once<T>(slot, path, body);
    if (answer.ok) await this.refresh();
    return answer;
  }

  async signedIn(pair: TokenPair & { member_id: string }): Promise<void> {
    const session: Session = { ...sessionOf(pair), member: pair.member_id };
    const before = await this.keeping.get("choice", "device");
    await this.keeping.put("session", session, "me");
    await this.keeping.put("choice", session.device, "device");
    this.ended = null;
    await this.#run(session);
    if (before !== undefined && before !== session.device) {
      await this.keeping.delete("key", "pay");
      await this.replica.renumber();
    }
    await this.refresh();
    void navigator.storage?.persist?.();
  }

  /** Sign out here: the server is told if it can be heard, and everything local is forgotten. */
  async signOut(): Promise<void> {
    await this.refresh().catch(() => {});
    await this.api.call("DELETE", "/auth/session");
    await this.#forget();
  }

  async #forget(): Promise<void> {
    this.#running?.tabs.tell("left");
    this.#stop();
    await forgetEverything(this.keeping);
    location.replace("/app/");
  }

  async #run(session: Session): Promise<void> {
    const name = `regulars-${session.member}`;
    const tabs = new Tabs(name, (word) =>
      word === "left" ? location.replace("/app/") : void this.#written(),
    );
    const replica = await Replica.open(
      name,
      { exchange: (request) => this.#exchange(request), now: Date.now, tell: () => tabs.tell("written") },
      () => location.reload(),
    );
    const rounds = new Rounds(
      replica,
      {
        now: Date.now,
        chance: Math.random,
        later: (work, ms) => {
          const timer = setTimeout(work, ms);
          return () => clearTimeout(timer);
        },
      },
      (state) => this.#state(state),
    );
    const live = new Live({
      ticket: () => this.#ticket(),
      poke: (version) => void rounds.poke(version),
      resync: () => void rounds.hurry(),
      revoked: () => void this.#over("device_revoked"),
      open: (is) => this.#change({ live: is }),
    });
    this.#running = { session, replica, rounds, live, tabs };
    const speakTheirs = () => {
      const locale = replica.get("profile")?.locale;
      if (typeof locale === "string") speak(locale);
    };
    replica.listen((changed) => changed.has("profile") && speakTheirs());
    speakTheirs();
    // Whoever leads talks to the server; the others only write and read.
    void tabs.lead(() => {
      live.start();
      void enroll(this.keeping, this.api).then(() => stockUp(this.api));
    });
    this.#tell();
  }

  #stop(): void {
    this.#running?.live.stop();
    this.#running?.rounds.stop();
    this.#running?.tabs.close();
    this.#running?.replica.close();
    this.#running = null;
  }

  async #written(): Promise<void> {
    await this.#running?.replica.reload();
    this.#tell();
  }

  async #exchange(request: SyncRequest): Promise<Exchange> {
    const answer = await this.api.post<SyncAnswer>("/sync", request);
    if (answer.ok) return { kind: "answer", answer: answer.data };
    const { status, code, retry_after_seconds } = answer.problem;
    if (status === 429 || status === 503)
      return { kind: "later", after_seconds: retry_after_seconds ?? null };
    if (status === 0 || status >= 500) return { kind: "lost" };
    if (code === "device_forked") await this.#over(code);
    return { kind: "refused", status, code };
  }

  async #ticket(): Promise<string | null> {
    const answer = await this.api.post<{ url: string }>("/live/tickets");
    return answer.ok ? answer.data.url : null;
  }

  /** The server does not know this device any more: one that was signed out forgets, others keep their queue. */
  async #over(code: string): Promise<void> {
    if (this.#running === null && this.ended !== null) return;
    if (code === "device_revoked") {
      await this.#forget();
      return;
    }
    await this.keeping.delete("session", "me");
    this.#stop();
    this.ended = code as Ended;
    this.#tell();
  }

  async #readShared(): Promise<void> {
    const program = (found: Program) => {
      this.program = found;
      this.#tell();
    };
    const catalog = (found: Catalog) => {
      this.catalog = found;
      this.#tell();
    };
    const [first, second] = await Promise.all([
      this.api.cached<Program>("/program", program),
      this.api.cached<Catalog>("/catalog", catalog),
    ]);
    if (first) program(first);
    if (second) catalog(second);
  }

  /** Read the shared things again: the program may have changed. */
  renew(): Promise<void> {
    return this.#readShared();
  }

  #state(state: State): void {
    this.#change({ sync: state });
  }

  #heard(online: boolean): void {
    this.#change({ online });
    if (online) void this.refresh();
    if (online && this.program === null) void this.#readShared();
  }

  #change(values: Partial<Health>): void {
    this.health = { ...this.health, ...values };
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
