/**
 * Many devices of a few members, in front of a real server, on a network that is none: they end equal, nothing lost.
 *
 * Started by `test_convergence.py`, which sells at the till meanwhile and kills the server when it is told to. Speaks in
 * lines of JSON on stdout; the last one is the report.
 */

import { createInterface } from "node:readline";
import type { Doc, Exchange, SyncAnswer } from "@app/sync/types";
import { Device, type Network, serveFrom } from "./device";

interface Order {
  base: string;
  verbs: string[];
  seed: number;
  /** How many devices each member has. */
  members: number[];
  seconds: number;
  kills: number;
}

const order: Order = JSON.parse(process.argv[3] ?? "{}");
serveFrom(order.base);
/** Say a line, and return when it is out: a process that ends takes with it what a full pipe has not taken. */
const say = (words: object) =>
  new Promise<void>((done) => process.stdout.write(`${JSON.stringify(words)}\n`, () => done()));
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** A dice of its own, so that a run can be had again (as far as clocks allow). */
function diceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Somebody {
  readonly device: Device;
  readonly #dice: () => number;
  /** What was certainly done, and what may have been when the page was lost. */
  readonly done: string[] = [];
  readonly names = new Set<string>();
  maybe = 0;
  partitioned = false;

  constructor(device: Device, dice: () => number) {
    this.device = device;
    this.#dice = dice;
    device.network = (send) => this.#network(send);
  }

  one<T>(...of: T[]): T {
    return of[Math.floor(this.#dice() * of.length)] as T;
  }

  #network: Network = async (send): Promise<Exchange> => {
    if (this.partitioned) return { kind: "lost" };
    const luck = this.#dice();
    if (luck < 0.1) return { kind: "lost" };
    if (luck < 0.2) await wait(this.#dice() * 300);
    const exchange = await send();
    if (luck < 0.2) return exchange;
    if (luck < 0.35) return { kind: "lost" };
    if (luck < 0.45) return send();
    if (luck < 0.55) {
      await send();
      return exchange;
    }
    if (luck < 0.65) await wait(this.#dice() * 300);
    return exchange;
  };

  /** Something a person does: a verb and arguments, mostly of things that are there. */
  act(): { name: string; args: Doc } {
    const name = this.one(...order.verbs);
    const { replica } = this.device;
    const seen = (kind: string) => {
      const found = replica.keys(`${kind}/`).map((entity) => entity.slice(kind.length + 1));
      return this.one(...found.filter((key) => !key.includes("/")), "gone");
    };
    const value = this.one("oat", "soy", "none");
    const slot = this.one("morning", "evening");
    const draft = this.one("d1", "d2", "d3");
    const piece = { sku: this.one("caramel-latte", "croissant"), options: [], quantity: this.one(1, 2, 3) };
    const channel = this.one("email", "sms");
    const args: Record<string, () => Doc> = {
      "profile.set": () =>
        this.one(
          { field: "given_name", value: `Ann ${value}` },
          { field: "locale", value: this.one("en", "fr") },
        ),
      preference: () => ({ name: this.one("milk", "size", "store"), value }),
      favorite: () => ({ sku: piece.sku }),
      dietary: () => ({ tag: this.one("nuts", "milk") }),
      usual: () => ({ slot, ...(name === "usual.set" && { items: [piece] }) }),
      consent: () => ({ purpose: "marketing", channel, text_version: "1" }),
      "message.read": () => ({ message: seen("message") }),
      "notice.dismiss": () => ({ notice: seen("notice") }),
      offer: () => ({ id: seen("offer") }),
      "reward.hold": () => ({ id: crypto.randomUUID(), reward: "ladder-25" }),
      "reward.release": () => ({ id: seen("hold") }),
      "draft.line": () => ({
        draft,
        line: this.one("l1", "l2", "l3"),
        ...(name === "draft.line.add" ? piece : {}),
        ...(name === "draft.line.edit" && { quantity: piece.quantity }),
      }),
      draft: () => ({ draft, ...(name !== "draft.discard" && { note: value }) }),
    };
    const known = Object.keys(args).find((key) => name === key || name.startsWith(`${key}.`));
    if (known === undefined) throw new Error(`nobody knows how to do ${name}`);
    return { name, args: (args[known] as () => Doc)() };
  }

  async step(): Promise<void> {
    const luck = this.#dice();
    const { device } = this;
    if (luck < 0.03) await this.#crash();
    else if (luck < 0.06) this.partitioned = !this.partitioned;
    else if (luck < 0.09) await device.expire(this.one(true, false));
    else if (luck < 0.11) await this.#meetNewServer();
    else if (luck < 0.65) await this.#do();
    else void device.rounds.run();
  }

  async #do(): Promise<void> {
    const acts = Array.from({ length: this.one(1, 1, 1, 2, 5) }, () => this.act());
    for (const { name } of acts) this.names.add(name);
    this.done.push(...(await this.device.replica.mutate(...acts)));
    if (this.#dice() < 0.8) void this.device.rounds.run();
  }

  async #crash(): Promise<void> {
    const act = this.act();
    const acting = this.device.replica.mutate(act).then(
      (uids) => this.done.push(...uids),
      () => {
        this.maybe += 1;
      },
    );
    await this.device.crash();
    await Promise.race([acting, wait(200)]);
  }

  /** A server that does not serve this version any more asks for an update, and nothing is forgotten. */
  async #meetNewServer(): Promise<void> {
    const { device } = this;
    device.changed = (request) => ({ ...request, schema: 99 });
    await device.rounds.run();
    device.changed = (request) => request;
  }
}

function fail(why: string): never {
  throw new Error(why);
}

/** The documents as the server has them now, asked by hand. */
async function snapshot(device: Device): Promise<Record<string, Doc>> {
  const docs: Record<string, Doc> = {};
  for (let cursor: unknown = null, more = true; more; ) {
    const answer = await device.api.post<SyncAnswer>("/sync", { schema: 1, cursor, mutations: [] });
    if (!answer.ok) fail(`no snapshot: ${JSON.stringify(answer.problem)}`);
    Object.assign(docs, answer.data.put);
    for (const entity of answer.data.del) delete docs[entity];
    ({ cursor, more } = answer.data);
  }
  return docs;
}

const told = (docs: Record<string, unknown>) =>
  JSON.stringify(
    Object.keys(docs)
      .sort()
      .map((entity) => [entity, docs[entity]]),
    (_, value) =>
      value && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([one], [two]) => (one < two ? -1 : 1)))
        : value,
  );

function difference(mine: Record<string, unknown>, theirs: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].filter(
    (entity) => told({ entity: mine[entity] }) !== told({ entity: theirs[entity] }),
  );
}

const shown = ({ replica }: Device) =>
  Object.fromEntries(replica.keys("").map((entity) => [entity, replica.get(entity)]));

/** The network is whole again: everybody talks until nobody has anything to say. */
async function quiet(people: Somebody[]): Promise<void> {
  for (const somebody of people) {
    somebody.partitioned = false;
    somebody.device.network = (send) => send();
  }
  for (let turn = 0; turn < 200; turn++) {
    await Promise.all(people.map(({ device }) => device.rounds.hurry()));
    if (people.every(({ device }) => device.replica.waiting === 0)) return;
    await wait(100);
  }
  fail(
    `still waiting: ${people.map(({ device }) => `${device.name} ${device.replica.waiting} ${JSON.stringify(device.states.at(-1))}`)}`,
  );
}

async function compare(people: Somebody[]): Promise<string[]> {
  const found: string[] = [];
  for (const { device } of people) {
    await device.rounds.hurry();
    const theirs = await snapshot(device);
    const differ = difference(shown(device), theirs);
    if (differ.length) found.push(`${device.name}: ${differ.slice(0, 5).join(", ")}`);
  }
  return found;
}

const dice = diceOf(order.seed);
const people = order.members.flatMap((devices, member) =>
  Array.from({ length: devices }, (_, place) => {
    const skew = Math.round((dice() * 2 - 1) * 500_000);
    const device = new Device(`convergence.${order.seed}.${member}@example.com`, `${member}/${place}`, skew);
    return new Somebody(device, diceOf(order.seed * 1000 + member * 100 + place));
  }),
);

const orders = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function main(): Promise<void> {
  // Codes go to an address, one after the other.
  const addresses = new Set(people.map(({ device }) => device.address));
  const theirs = (address: string) => people.filter(({ device }) => device.address === address);
  await Promise.all(
    [...addresses].map(async (address) => {
      for (const { device } of theirs(address)) await device.signIn();
    }),
  );
  await say({ members: [...new Set(people.map(({ device }) => device.member))] });
  const until = Date.now() + order.seconds * 1000;
  const acting = people.map(async (somebody) => {
    while (Date.now() < until) {
      await somebody.step();
      await wait(dice() * 60);
    }
  });
  for (let kill = 1; kill <= order.kills; kill++) {
    await wait((order.seconds * 1000) / (order.kills + 1));
    await say({ kill });
    await orders.next();
  }
  await Promise.all(acting);
  await say({ end: true });
  await orders.next(); // nobody sells any more
  await quiet(people);
  let differ = await compare(people);
  // The worker may have changed something in between.
  for (let turn = 0; differ.length && turn < 3; turn++) {
    await wait(500);
    differ = await compare(people);
  }
  await say({
    differ,
    acts: people.flatMap(({ device, done }) => done.map((uid) => [device.member, uid])),
    maybe: people.reduce((sum, { maybe }) => sum + maybe, 0),
    names: [...new Set(people.flatMap(({ names }) => [...names]))].sort(),
    over: people.flatMap(({ device }) => device.over),
    codes: [
      ...new Set(
        people.flatMap(({ device }) =>
          device.states.flatMap((each) => (each.kind === "refused" ? [each.code] : [])),
        ),
      ),
    ],
    stuck: people.flatMap(({ device }) => device.states.filter((each) => each.kind === "stuck")).length,
    requests: people.reduce((sum, { device }) => sum + device.requests, 0),
    documents: people.map(({ device }) => device.replica.keys("").length),
  });
}

try {
  await main();
} catch (error) {
  await say({ failed: String(error) });
}
process.exit(0);
