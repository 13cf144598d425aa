/** What is drawn before the server has answered is what the server then makes of it. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { effectOf } from "@app/sync/effects";
import type { Doc, Mutation } from "@app/sync/types";
import { View } from "@app/sync/view";

interface Case {
  before: Record<string, Doc>;
  act: Mutation;
  after: Record<string, Doc>;
  status: string;
  code: string | null;
}

/** The server's clock and count; a device only knows that something is set. */
const CLOCKS = new Set([
  ..."version at created_at touched_at added_at read_at seen_at activated_at".split(" "),
  // The server's name for the device, and for who it is.
  ..."touched_on touched_by".split(" "),
]);

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const shown = Object.entries(value).filter(([key]) => !CLOCKS.has(key));
  const set = Object.entries(value).filter(([key]) => /^(read|seen)_at$/.test(key));
  return {
    ...Object.fromEntries(shown.map(([key, each]) => [key, plain(each)])),
    ...Object.fromEntries(set.map(([key, each]) => [key, each !== null])),
  };
}

const path = process.env.GOLDEN;
const golden: { verbs: string[]; cases: Record<string, Case[]> } = path
  ? JSON.parse(readFileSync(path, "utf8"))
  : { verbs: [], cases: {} };

describe("what is drawn", { skip: path === undefined && "GOLDEN is made by pytest" }, () => {
  for (const verb of golden.verbs) {
    (golden.cases[verb] ?? []).forEach((each, place) => {
      test(`${verb}, case ${place + 1} (${each.status}), is what the server makes`, () => {
        const view = new View();
        view.show(new Map(Object.entries(each.before)), [each.act]);
        const entities = new Set([...Object.keys(each.after), ...view.keys("")]);
        for (const entity of entities) {
          const drawn = view.get(entity);
          const made = each.after[entity];
          if (drawn && "pending" in drawn) assertPending(drawn, made, each);
          else if (!CONSEQUENCES.has(entity)) assert.deepEqual(plain(drawn), plain(made), entity);
        }
      });
    });

    test(`${verb} has a picture`, () => {
      const first = golden.cases[verb]?.[0];
      assert.ok(first, "a case");
      const view = new View();
      view.show(new Map(Object.entries(first.before)), []);
      assert.notDeepEqual(effectOf(first.act, view), {}, verb);
    });
  }
});

/** What a command leads to besides: the balance of a hold. It is the server's to say. */
const CONSEQUENCES = new Set(["balance"]);

function assertPending(drawn: Doc, made: Doc | undefined, each: Case): void {
  if (drawn.pending === "release") {
    assert.equal(made, undefined);
    return;
  }
  assert.ok(made, each.act.name);
  // What the command decides (its times, its amount) stays in the picture as it was.
  const decided = /^(pending|activated_at|window_from|window_until|seen_at)$/;
  for (const [key, value] of Object.entries(drawn)) {
    if (!decided.test(key)) assert.deepEqual(value, made[key], key);
  }
}
