/** What is different between the lines that a person saw and those that there are. Pure. */

import type { Fingerprinted } from "../../app/lines_hash";

export type Difference =
  | { kind: "added" | "removed"; line: Fingerprinted }
  | { kind: "altered"; from: Fingerprinted; to: Fingerprinted };

export function differences(seen: readonly Fingerprinted[], present: readonly Fingerprinted[]): Difference[] {
  const said = (line: Fingerprinted) =>
    JSON.stringify([line.sku, [...line.options].sort(), line.quantity, line.note]);
  const before = new Map(seen.map((line) => [line.id, line]));
  const after = new Set(present.map((line) => line.id));
  const removed = seen.filter((line) => !after.has(line.id));
  return [
    ...removed.map((line): Difference => ({ kind: "removed", line })),
    ...present.flatMap((line): Difference[] => {
      const from = before.get(line.id);
      if (from === undefined) return [{ kind: "added", line }];
      return said(from) === said(line) ? [] : [{ kind: "altered", from, to: line }];
    }),
  ];
}
