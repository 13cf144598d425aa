/** A device that comes back after a week without a network; prints what it took to be up to date again. */

import { Device, requestsSent, serveFrom } from "./device";

const { base, acts, size }: { base: string; acts: number; size: number } = JSON.parse(
  process.argv[3] ?? "{}",
);
serveFrom(base);

const DAY_MS = 86_400_000;
const phone = new Device("week@example.com", "phone");
const web = new Device("week@example.com", "web");
await phone.signIn();
await web.signIn();
await phone.rounds.hurry();

// On the phone: orders begun, edited and thrown away, tastes changed, days and hours apart.
for (let act = 0; act < acts; act++) {
  phone.skew_ms = -7 * DAY_MS + (7 * DAY_MS * act) / acts;
  const draft = `d${act % 5}`;
  const line = `l${act % 7}`;
  const note = `${act}`.padEnd(size, ".");
  const all = [
    { name: "preference.set", args: { name: "milk", value: note } },
    { name: "draft.create", args: { draft, note } },
    { name: "draft.line.add", args: { draft, line, sku: "caramel-latte", quantity: 1, note } },
    { name: "favorite.add", args: { sku: "caramel-latte" } },
  ];
  await phone.replica.mutate(all[act % all.length] as (typeof all)[number]);
}
phone.skew_ms = 0;
// Meanwhile elsewhere.
for (let act = 0; act < 40; act++) {
  await web.replica.mutate({ name: "preference.set", args: { name: `p${act}`, value: "oat" } });
}
await web.rounds.hurry();

const waiting = phone.replica.waiting;
await phone.expire(false); // it knows that its access token ended after ten minutes; its session has not
const before = requestsSent.length;
const began = performance.now();
await phone.rounds.hurry();
const took = performance.now() - began;
const sent = requestsSent.slice(before);
console.log(
  JSON.stringify({
    waiting,
    left: phone.replica.waiting,
    here: phone.replica.keys("preference/").length,
    syncs: sent.filter((path) => path.endsWith("/sync")).length,
    trips: sent.length,
    took_ms: took,
    refused: phone.replica.refused.map(({ name, status, code }) => `${name} ${status} ${code}`),
  }),
);
process.exit(0);
