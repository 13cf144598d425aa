/** The fingerprint of a basket's lines is the server's: both sides compute the cases of `lines_hash.json`. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fingerprinted, linesHash } from "@app/app/lines_hash";
import cases from "./lines_hash.json";

for (const { what, lines, hash } of cases as { what: string; lines: Fingerprinted[]; hash: string }[]) {
  test(`the fingerprint of ${what} is the server's`, async () => {
    assert.equal(await linesHash(lines), hash);
    assert.equal(await linesHash(lines.toReversed()), hash);
  });
}

test("whatever is said otherwise has another fingerprint", async () => {
  const line = { id: "a", sku: "latte", options: ["hot"], quantity: 1, note: "" };
  const others: Partial<Fingerprinted>[] = [
    { id: "b" },
    { sku: "mocha" },
    { options: ["hot", "oat"] },
    { quantity: 2 },
    { note: "hot" },
  ];
  const found = await Promise.all(
    [line, ...others.map((each) => ({ ...line, ...each }))].map((each) => linesHash([each])),
  );
  assert.equal(new Set(found).size, found.length);
});
