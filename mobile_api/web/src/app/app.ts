/** The running app: who is signed in, their replica, and what keeps it in step. One for each page. */

import { speak } from "@ui/texts";
import { enroll, stockUp } from "../codes/pay";
import { Live } from "../sync/live";
import { Replica } from "../sync/replica";
import { Rounds, type State } from "../sync/rounds";
import { Tabs } from "../sync/tabs";
import type { Doc, Exchange, SyncAnswer, SyncRequest } from "../sync/types";
import { type Answer, Api, sessionOf, type TokenPair } from "./api";
import { exchangeOf } from "./exchange";
import { forgetEverything, type Keeping, openKeeping, type Session } from "./keeping";
import { chosenLook, wear } from "./look";
import { renewPush } from "./push";
import type { Catalog, Program } from "./wire";

/** What is known about the connection, for who wants to show it. */
export interface Health {
  sync: State;
  live: boolean;
  online: boolean;
}

/** Why this device is not signed in (any more); null: it never was, or the person signed out. */
export type Ended = "session_expired" | "device_revoked" | "device_forked" | "erased" | null;

/** How long somebody who signs out waits for what they did to be saved. */
const LAST_SYNC_MS = 4000;
/** How long a page has to send what it wrote, before the page that leads does it. */
const ORPHAN_MS = 2000;

/** How long the first start waits for the brand and the menu; later ones have them here. */
const FIRST_MS = 700;

const soon = (work: Promise<void>) =>
  Promise.race([work, new Promise((resolve) => setTimeout(resolve, FIRST_MS))]);

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
  /** Everything here is being forgotten; the page begins anew in a moment. */
  isLeaving = false;
  /** Whether this device can draw codes. */
  #readiness: "busy" | "ready" | "lacking" = "busy";
  readonly #listeners = new Set<() => void>();

  private constructor(keeping: Keeping) {
    this.keeping = keeping;
    this.api = new Api(keeping, (code) => void this.#over(code));
  }

  static async start(): Promise<App> {
    const app = new App(await openKeeping(() => location.reload()));
    wear(await chosenLook(app.keeping));
    const session = await app.keeping.get("session", "me");
    if (session === undefined) app.ended = await app.#endedBefore();
    await Promise.all([soon(app.#readShared()), session && app.#run(session)]);
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
    const isNew = before !== session.device;
    if (isNew) await this.keeping.delete("key", "pay");
    await this.keeping.put("session", session, "me");
    await this.keeping.put("choice", session.device, "device");
    await this.keeping.delete("choice", "ended");
    this.ended = null;
    await this.#run(session);
    await this.refresh();
    void navigator.storage?.persist?.();
  }

  /**
   * Sign out here and forget everything local, unless something is not saved yet: then return how many changes.
   *
   * With `lose` they are given up. The server is told where it can be heard.
   */
  async signOut(options: { lose?: boolean } = {}): Promise<number> {
    const heard = this.refresh().catch(() => {});
    await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, LAST_SYNC_MS))]);
    const waiting = this.#running?.replica.waiting ?? 0;
    if (waiting > 0 && !options.lose) return waiting;
    if (this.#running === null) return 0;
    await this.api.call("DELETE", "/auth/session");
    await this.#forget(null);
    return 0;
  }

  /** Forget everything here, as after leaving for good, and begin again at the first page. */
  async #forget(why: Ended): Promise<void> {
    if (this.isLeaving) return;
    this.isLeaving = true;
    this.#running?.tabs.tell("left");
    this.#stop();
    await forgetEverything(this.keeping);
    location.replace(why === null ? "/app/" : `/app/?ended=${why}`);
  }

  /** Delete the account; everything local goes with it. */
  async leave(forfeitWallet: boolean): Promise<Answer<null>> {
    const answer = await this.api.call<null>("DELETE", `/me${forfeitWallet ? "?forfeit_wallet=true" : ""}`);
    if (answer.ok) await this.#forget("erased");
    return answer;
  }

  /** Why the session before this start ended: kept here, or in the address where nothing is kept. */
  async #endedBefore(): Promise<Ended> {
    const kept = await this.keeping.get("choice", "ended");
    const said = new URLSearchParams(location.search).get("ended");
    return (kept ?? (said === "device_revoked" || said === "erased" ? said : null)) as Ended;
  }

  /** Open the member's replica and keep it in step. */
  async #run(session: Session): Promise<void> {
    const name = `regulars-${session.member}`;
    const tabs = new Tabs(name, (word) =>
      word === "left" ? location.replace("/app/") : void this.#written(),
    );
    const replica = await Replica.open(
      name,
      session.device,
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
      poke: (version, isFirst) => void rounds.poke(version, isFirst),
      resync: () => void rounds.hurry(),
      revoked: () => void this.#over("device_revoked"),
      open: (is) => this.#listening(is),
    });
    this.#running = { session, replica, rounds, live, tabs };
    const speakTheirs = () => {
      const locale = replica.get("profile")?.locale;
      if (typeof locale === "string") speak(locale);
    };
    replica.listen((changed) => changed.has("profile") && speakTheirs());
    speakTheirs();
    // Whoever leads hears the server's notices; all of them write, send what they wrote, and show what the others did.
    const begin = () => {
      live.start();
      void this.#getReady();
      void renewPush(this.api);
    };
    tabs.follow(begin, () => live.stop());
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
    const running = this.#running;
    await running?.replica.reload();
    this.#tell();
    // The page that wrote it sends it, unless it was closed right away.
    if (running?.tabs.leads && running.replica.waiting) setTimeout(() => this.#sendFor(running), ORPHAN_MS);
  }

  #sendFor(running: Running): void {
    if (this.#running === running && running.replica.waiting) void running.rounds.run();
  }

  async #exchange(request: SyncRequest): Promise<Exchange> {
    const exchange = exchangeOf(await this.api.post<SyncAnswer>("/sync", request));
    if (exchange.kind === "refused" && exchange.code === "device_forked") await this.#over(exchange.code);
    return exchange;
  }

  async #ticket(): Promise<string | null> {
    const answer = await this.api.post<{ url: string }>("/live/tickets");
    if (answer.ok) return answer.data.url;
    // The stream broke off and nobody answers: say so now, and not at the next tap.
    if (answer.problem.status === 0) void this.#running?.rounds.run();
    return null;
  }

  /** The server does not know this device any more: one that was signed out forgets, others keep their queue. */
  async #over(code: string): Promise<void> {
    if (this.#running === null && this.ended !== null) return;
    if (code === "device_revoked") {
      await this.#forget(code);
      return;
    }
    this.ended = code as Ended;
    this.#running?.tabs.tell("left");
    this.#stop();
    await this.keeping.delete("session", "me");
    await this.keeping.put("choice", code, "ended");
    // A copied or rolled-back storage must not be the same device again: it would be the same conflict again.
    if (code === "device_forked") await this.keeping.delete("choice", "device");
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
    await Promise.all([
      this.api.cached<Program>("/program", program).then((known) => known && program(known)),
      this.api.cached<Catalog>("/catalog", catalog).then((known) => known && catalog(known)),
    ]);
  }

  /** Read the shared things again: the program may have changed. */
  renew(): Promise<void> {
    return this.#readShared();
  }

  /** A stream that opens is a server that answers: do not wait for the pause after the last failure to be over. */
  #listening(live: boolean): void {
    this.#change({ live });
    if (live && this.health.sync.kind === "unheard") void this.#running?.rounds.run();
    if (live && this.#readiness === "lacking") void this.#getReady();
  }

  /** Have what codes are drawn with; where the network went away in the middle, it is done when it is back. */
  async #getReady(): Promise<void> {
    this.#readiness = "busy";
    const isEnrolled = await navigator.locks.request("regulars-enroll", () => enroll(this.keeping, this.api));
    const isReady = isEnrolled && (await stockUp(this.api));
    this.#readiness = isReady ? "ready" : "lacking";
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
