/** Requests: done once whatever the network does, with a token that one page renews for all. */

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Api, type TokenPair } from "@app/app/api";
import { type Keeping, openKeeping } from "@app/app/keeping";
import * as fc from "fast-check";
import { disk, Locks } from "./browser";

interface Sent {
  method: string;
  path: string;
  key: string | null;
  token: string | null;
  body: unknown;
}

/** What a test answers to a request; an error is a network that broke. */
let world: (sent: Sent) => Response | Error | Promise<Response | Error>;
const sent: Sent[] = [];

globalThis.fetch = (async (path: string, options: RequestInit) => {
  const headers = new Headers(options.headers);
  const one: Sent = {
    method: options.method ?? "GET",
    path: path.replace("/api/v1", ""),
    key: headers.get("Idempotency-Key"),
    token: headers.get("Authorization")?.replace("Bearer ", "") ?? null,
    body: typeof options.body === "string" ? JSON.parse(options.body) : null,
  };
  sent.push(one);
  const answer = await world(one);
  if (answer instanceof Error) throw answer;
  return answer;
}) as typeof fetch;

const problem = (status: number, code: string, headers = {}) =>
  Response.json({ status, code, detail: "" }, { status, headers });

const session = { member: "m", device: "d", access: "t1", access_until: Date.now() + 600_000, refresh: "r1" };
let over: string[] = [];

async function page(): Promise<{ api: Api; keeping: Keeping }> {
  const keeping = await openKeeping();
  return { api: new Api(keeping, (code) => over.push(code)), keeping };
}

beforeEach(async () => {
  disk();
  Object.defineProperty(globalThis, "navigator", { value: { locks: new Locks() }, configurable: true });
  sent.length = 0;
  over = [];
  const { keeping } = await page();
  await keeping.put("session", session, "me");
});

describe("once", () => {
  const broken = () => new TypeError("network");
  const ok = () => Response.json({ done: true });

  test("the same act has the same key until there is an answer, also after a restart", async () => {
    world = broken;
    const first = await page();
    await first.api.once("top-up", "/wallet", { amount: 5 });
    await first.api.once("top-up", "/wallet", { amount: 5 });
    world = ok;
    const again = await page();
    assert.ok((await again.api.once("top-up", "/wallet", { amount: 5 })).ok);
    await again.api.once("top-up", "/wallet", { amount: 5 });
    const keys = sent.map((each) => each.key);
    assert.equal(new Set(keys.slice(0, 3)).size, 1);
    assert.notEqual(keys[3], keys[2], "what was answered is over: the next one is another");
  });

  test("another body is another act, and so is another slot", async () => {
    world = broken;
    const { api } = await page();
    await api.once("top-up", "/wallet", { amount: 5 });
    await api.once("top-up", "/wallet", { amount: 6 });
    await api.once("gift", "/wallet", { amount: 6 });
    assert.equal(new Set(sent.map((each) => each.key)).size, 3);
  });

  test("two taps at once are one act", async () => {
    world = ok;
    const [one, two] = [await page(), await page()];
    await Promise.all([
      one.api.once("top-up", "/wallet", { amount: 5 }),
      one.api.once("top-up", "/wallet", { amount: 5 }),
      two.api.once("top-up", "/wallet", { amount: 5 }),
    ]);
    assert.equal(new Set(sent.map((each) => each.key)).size, 1);
  });

  test("an act that may have been done keeps its key through every answer that does not say", async () => {
    const unclear = [
      broken,
      () => problem(500, "internal"),
      () => problem(503, "busy", { "Retry-After": "1" }),
      () => problem(502, "x"),
      () => problem(429, "too_many_attempts", { "Retry-After": "3" }),
      () => problem(401, "session_expired"),
      () => problem(408, "too_slow"),
      () => problem(426, "update_needed"),
      () => new Response("<html>proxy</html>", { status: 200 }),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...unclear), { minLength: 1, maxLength: 5 }),
        async (story) => {
          const { api } = await page();
          sent.length = 0;
          for (const each of story) {
            world = each;
            assert.equal((await api.once("top-up", "/wallet", { amount: 5 })).ok, false);
          }
          world = ok;
          assert.ok((await api.once("top-up", "/wallet", { amount: 5 })).ok);
          assert.equal(
            new Set(sent.filter((each) => each.path === "/wallet").map((each) => each.key)).size,
            1,
          );
        },
      ),
      { numRuns: 30, seed: 3 },
    );
  });

  test("a refusal is an answer", async () => {
    for (const [status, code] of [
      [402, "payment_declined"],
      [409, "insufficient_points"],
      [422, "invalid"],
    ] as const) {
      sent.length = 0;
      const { api } = await page();
      world = () => problem(status, code);
      await api.once("buy", "/orders", {});
      await api.once("buy", "/orders", {});
      assert.notEqual(sent[0]?.key, sent[1]?.key);
    }
  });

  test("an answer to an earlier body does not end the act that took its place", async () => {
    const { api } = await page();
    let release = (_: Response) => {};
    world = (one) =>
      (one.body as { amount: number }).amount === 5
        ? new Promise<Response>((resolve) => {
            release = resolve;
          })
        : broken();
    const slow = api.once("top-up", "/wallet", { amount: 5 });
    while (!sent.length) await new Promise((done) => setImmediate(done));
    await api.once("top-up", "/wallet", { amount: 6 });
    release(ok());
    await slow;
    await api.once("top-up", "/wallet", { amount: 6 });
    assert.equal(sent[1]?.key, sent[2]?.key);
  });
});

describe("tokens", () => {
  const pair = (number: number): TokenPair => ({
    access_token: `t${number}`,
    expires_in: 600,
    refresh_token: `r${number}`,
    device_id: "d",
  });

  /** A server whose refresh tokens are good once. */
  function serving(good: string) {
    const state = { good, refresh: "r1", renewed: 0 };
    world = async (one) => {
      await new Promise((done) => setTimeout(done, 1));
      if (one.path !== "/auth/refresh") {
        return one.token === state.good ? Response.json({ fine: true }) : problem(401, "token_expired");
      }
      if ((one.body as { refresh_token: string }).refresh_token !== state.refresh) {
        return problem(401, "session_replayed");
      }
      state.renewed += 1;
      const made = pair(1 + state.renewed);
      state.good = made.access_token;
      state.refresh = made.refresh_token;
      return Response.json(made);
    };
    return state;
  }

  test("a spent token is renewed once, for all pages and all requests at once", async () => {
    const state = serving("t0");
    const pages = [await page(), await page(), await page()];
    const answers = await Promise.all(
      pages.flatMap(({ api }) => [api.get("/a"), api.get("/b"), api.post("/c")]),
    );
    assert.ok(answers.every((each) => each.ok));
    assert.equal(state.renewed, 1);
    assert.deepEqual(over, []);
    const { keeping } = await page();
    const kept = await keeping.get("session", "me");
    assert.deepEqual([kept?.access, kept?.refresh, kept?.member], ["t2", "r2", "m"]);
  });

  test("one that is nearly over is renewed before it is used", async () => {
    const state = serving("t0");
    const { api, keeping } = await page();
    await keeping.put("session", { ...session, access_until: Date.now() + 5000 }, "me");
    assert.ok((await api.get("/a")).ok);
    assert.equal(state.renewed, 1);
    assert.deepEqual(
      sent.map((each) => each.path),
      ["/auth/refresh", "/a"],
    );
  });

  test("a renewal that is not heard is no end", async () => {
    serving("t0");
    const { api } = await page();
    const right = world;
    world = (one) => (one.path === "/auth/refresh" ? new TypeError("network") : right(one));
    const answer = await api.get("/a");
    assert.equal(answer.ok, false);
    assert.deepEqual(over, []);
    world = right;
    assert.ok((await api.get("/a")).ok);
  });

  test("a session that has ended is told, with why", async () => {
    for (const [status, code, told] of [
      [401, "session_expired", "session_expired"],
      [401, "session_replayed", "session_expired"],
      [403, "device_revoked", "device_revoked"],
    ] as const) {
      over = [];
      const { api } = await page();
      world = (one) => (one.path === "/auth/refresh" ? problem(status, code) : problem(401, "token_expired"));
      assert.equal((await api.get("/a")).ok, false);
      assert.deepEqual(over, [told]);
    }
  });

  test("nobody is asked when nobody is signed in", async () => {
    const { api, keeping } = await page();
    await keeping.delete("session", "me");
    const answer = await api.get("/a");
    assert.ok(!answer.ok && answer.problem.code === "signed_out");
    assert.equal(sent.length, 0);
  });
});
