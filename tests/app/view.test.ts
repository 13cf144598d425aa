/** What is on screen: documents, and on top of them what was not answered. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { uid } from "@app/sync/replica";
import type { Doc, Queued } from "@app/sync/types";
import { View } from "@app/sync/view";
import * as fc from "fast-check";

const ACTS: [string, Doc][] = [
  ["preference.set", { name: "milk", value: "oat" }],
  ["preference.clear", { name: "milk" }],
  ["favorite.add", { sku: "latte" }],
  ["favorite.remove", { sku: "latte" }],
  ["draft.create", { draft: "d" }],
  ["draft.line.add", { draft: "d", line: "l", sku: "latte" }],
  ["draft.line.edit", { draft: "d", line: "l", quantity: 3 }],
  ["draft.line.remove", { draft: "d", line: "l" }],
  ["draft.discard", { draft: "d" }],
  ["usual.set", { slot: "morning", items: [{ sku: "latte" }] }],
  ["usual.hide", { slot: "morning" }],
  ["consent.give", { purpose: "marketing", channel: "email", text_version: "1" }],
  ["message.read", { message: "m" }],
  ["offer.activate", { id: "o" }],
  ["not.known", { any: "thing" }],
];
const ENTITIES = [
  "preference/milk",
  "favorite/latte",
  "draft/d",
  "draft/d/line/l",
  "message/m",
  "offer/o",
  "profile",
];

const queues = fc.array(fc.constantFrom(...ACTS), { maxLength: 8 }).map((acts) =>
  acts.map(
    ([name, args], place): Queued => ({
      id: place + 1,
      uid: `u${place}`,
      name,
      args,
      seen: 1,
      seen_epoch: "e",
      at: "2026-03-02T12:00:00.000Z",
    }),
  ),
);
const bases = fc
  .subarray(ENTITIES)
  .map((entities) => new Map<string, Doc>(entities.map((entity) => [entity, { id: entity, read_at: null }])));

const picture = (view: View) => new Map(view.keys("").map((entity) => [entity, view.get(entity)]));

test("is the same however it came about: one by one, or all at once", () => {
  fc.assert(
    fc.property(bases, queues, (base, queue) => {
      const [slowly, atOnce] = [new View(), new View()];
      for (let many = 0; many <= queue.length; many++) slowly.show(base, queue.slice(0, many));
      atOnce.show(base, queue);
      assert.deepEqual(picture(slowly), picture(atOnce));
    }),
  );
});

test("shows the later of two acts, and without acts the documents", () => {
  const act = (id: number, value: string): Queued => ({
    id,
    uid: `u${id}`,
    name: "preference.set",
    args: { name: "milk", value },
    seen: 1,
    seen_epoch: "e",
    at: "2026-03-02T12:00:00.000Z",
  });
  const view = new View();
  view.show(new Map(), [act(1, "oat"), act(2, "soy")]);
  assert.equal(view.get("preference/milk")?.value, "soy");
  const told = view.show(new Map(), []);
  assert.equal(view.get("preference/milk"), undefined);
  assert.deepEqual([...told], ["preference/milk"]);
});

test("tells of everything that looks different, and of nothing where nothing happened", () => {
  fc.assert(
    fc.property(bases, queues, bases, queues, (base, queue, nextBase, nextQueue) => {
      const view = new View();
      view.show(base, queue);
      const before = picture(view);
      const told = view.show(nextBase, nextQueue);
      const after = picture(view);
      for (const entity of new Set([...before.keys(), ...after.keys()])) {
        const [one, two] = [JSON.stringify(before.get(entity)), JSON.stringify(after.get(entity))];
        if (one !== two) assert.ok(told.has(entity), entity);
      }
      const untouched = new View();
      untouched.show(base, []);
      assert.equal(untouched.show(base, []).size, 0);
    }),
  );
});

test("never changes the documents it stands on, nor the acts", () => {
  fc.assert(
    fc.property(bases, queues, (base, queue) => {
      const before = structuredClone([base, queue]);
      new View().show(base, queue);
      assert.deepEqual([base, queue], before);
    }),
  );
});

test("keys are those that are there, in their order", () => {
  fc.assert(
    fc.property(
      bases,
      queues,
      fc.constantFrom("", "draft/", "draft/d/line/", "nothing/"),
      (base, queue, prefix) => {
        const view = new View();
        view.show(base, queue);
        const keys = view.keys(prefix);
        assert.deepEqual(keys, [...keys].sort());
        for (const key of keys) assert.ok(key.startsWith(prefix) && view.get(key));
        for (const key of [...base.keys()])
          assert.equal(keys.includes(key), key.startsWith(prefix) && !!view.get(key));
      },
    ),
  );
});

test("uids are UUIDs of version 7: what is made later sorts later", () => {
  const moment = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  fc.assert(
    fc.property(moment, moment, (one, two) => {
      const [first, second] = [uid(Math.min(one, two)), uid(Math.max(one, two))];
      assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      if (one !== two) assert.ok(first < second);
      assert.notEqual(first, uid(Math.min(one, two)));
    }),
  );
});
