/**
 * The fingerprint of a draft's lines, by which the server tells that an order is for what the person saw.
 *
 * The same as `loyalty/orders/fingerprint.py`, which says how it is made; `tests/app/lines_hash.json` holds both to it.
 */

export interface Fingerprinted {
  id: string;
  sku: string;
  options: readonly string[];
  quantity: number;
  note: string;
}

const LENGTH = 32;

/** Texts by their UTF-16 code units, as `sort` compares them by itself. */
const byUnits = (one: string, two: string) => (one < two ? -1 : one > two ? 1 : 0);

export async function linesHash(lines: readonly Fingerprinted[]): Promise<string> {
  const canonical = lines
    .toSorted((one, two) => byUnits(one.id, two.id))
    .map((line) => [line.id, line.sku, line.options.toSorted(byUnits), line.quantity, line.note]);
  const bytes = new TextEncoder().encode(JSON.stringify(canonical));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .slice(0, LENGTH);
}
