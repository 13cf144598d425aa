/**
 * The codes a member shows, drawn without a network: the pay code (an ES256 JWT signed by this device) and the
 * 19-digit number (RFC 6238).
 */

import type { Api } from "../app/api";
import type { Keeping } from "../app/keeping";

interface Epochs {
  epochs: { value: number; valid_from: string; valid_until: string }[];
  draw_every_seconds: number;
}

interface NumberSecret {
  account_number: string;
  secret: string;
  digits: number;
  step_seconds: number;
}

/** A code, and how long to show it. */
export interface Drawn {
  text: string;
  seconds: number;
}

/** Why there is no code to draw. `stale`: this device has not been online for two days. */
export type NoCode = "no_key" | "stale";

/** Make this device's key, once, and register its public half; the private half cannot be read by anybody. */
export async function enroll(keeping: Keeping, api: Api): Promise<boolean> {
  if (await keeping.get("key", "pay")) return true;
  const pair = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const answer = await api.call<{ kid: string }>("PUT", "/devices/current/key", { body: { kty, crv, x, y } });
  if (!answer.ok) return false;
  await keeping.put("key", { pair, kid: answer.data.kid, counter: 0 }, "pay");
  return true;
}

/** Fetch what codes need, while there is a network: today's epochs and the secret of the number; say if it is all here. */
export async function stockUp(api: Api): Promise<boolean> {
  const kept = await Promise.all([
    api.cached("/codes/epochs", () => {}, false),
    api.cached("/codes/number", () => {}, false),
  ]);
  return kept.every((each) => each !== null);
}

/** Draw a pay code; `offset_ms` is how far the server's clock is ahead. */
export async function drawPay(keeping: Keeping, offset_ms: number): Promise<Drawn | NoCode> {
  const now = Date.now() + offset_ms;
  const known = (await keeping.get("cache", "/codes/epochs"))?.body as Epochs | undefined;
  const epoch = known?.epochs.find(
    (each) => Date.parse(each.valid_from) <= now && now < Date.parse(each.valid_until),
  );
  const tx = keeping.transaction("key", "readwrite", { durability: "strict" });
  const key = await tx.store.get("pay");
  if (key === undefined) return "no_key";
  if (known === undefined || epoch === undefined) return "stale";
  const counter = key.counter + 1;
  await tx.store.put({ ...key, counter }, "pay");
  await tx.done;
  const head = base64url(JSON.stringify({ alg: "ES256", kid: key.kid }));
  const claims = base64url(JSON.stringify({ iat: Math.floor(now / 1000), n: counter, e: epoch.value }));
  const signed = new TextEncoder().encode(`${head}.${claims}`);
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const signature = await crypto.subtle.sign(algorithm, key.pair.privateKey, signed);
  return {
    text: `${head}.${claims}.${base64url(new Uint8Array(signature))}`,
    seconds: known.draw_every_seconds,
  };
}

/** Draw the number: `7`, the account, and eight digits of this half minute. */
export async function drawNumber(keeping: Keeping, offset_ms: number): Promise<Drawn | NoCode> {
  const known = (await keeping.get("cache", "/codes/number"))?.body as NumberSecret | undefined;
  if (known === undefined) return "no_key";
  const seconds = Math.floor((Date.now() + offset_ms) / 1000);
  const digits = await totp(fromBase32(known.secret), Math.floor(seconds / known.step_seconds), known.digits);
  return {
    text: `7${known.account_number}${digits}`,
    seconds: known.step_seconds - (seconds % known.step_seconds),
  };
}

async function totp(secret: Uint8Array<ArrayBuffer>, step: number, digits: number): Promise<string> {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(step));
  const hash = new DataView(await crypto.subtle.sign("HMAC", key, counter.buffer));
  const place = hash.getUint8(19) & 15;
  return String((hash.getUint32(place) & 0x7fffffff) % 10 ** digits).padStart(digits, "0");
}

function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  const bits = [...text.replace(/=+$/, "")]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

function base64url(value: string | Uint8Array): string {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
