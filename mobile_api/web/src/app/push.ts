/** Being told while the app is closed: the browser's subscription, asked for only after a tap. */

import type { Answer, Api } from "./api";

/** `unsupported`: this browser cannot (on an iPhone: not before the app is on the home screen). */
export type PushState = "unsupported" | "denied" | "off" | "on";

const READY_MS = 5000;

export const canPush = (): boolean =>
  "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

async function registered(): Promise<ServiceWorkerRegistration | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, READY_MS));
  return Promise.race([navigator.serviceWorker.ready, late]);
}

export async function pushState(): Promise<PushState> {
  if (!canPush()) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  const subscription = await (await registered())?.pushManager.getSubscription();
  return subscription && Notification.permission === "granted" ? "on" : "off";
}

/** Ask the person, subscribe, and tell the server where; null where the browser or the person said no. */
export async function turnPushOn(api: Api): Promise<Answer<null> | null> {
  if ((await Notification.requestPermission()) !== "granted") return null;
  const asked = await api.get<{ key: string }>("/push/key", { open: true });
  if (!asked.ok) return asked;
  try {
    const subscription = await subscribed(asked.data.key);
    return subscription && (await told(api, subscription));
  } catch {
    return null; // no push service, or none that can be reached
  }
}

/** Be told no more on this device. */
export async function turnPushOff(api: Api): Promise<Answer<null>> {
  const subscription = await (await registered())?.pushManager.getSubscription();
  await subscription?.unsubscribe();
  return api.call<null>("DELETE", "/devices/current/push");
}

/** Tell the server again where this device is told: the browser may have moved it, or the key be another. */
export async function renewPush(api: Api): Promise<void> {
  try {
    if ((await pushState()) === "on") await turnPushOn(api);
  } catch {
    // The next start tries again.
  }
}

/** Forget the subscription and everything that still stands among the notifications: it names the member. */
export async function forgetPush(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    for (const shown of (await registration?.getNotifications()) ?? []) shown.close();
    await (await registration?.pushManager.getSubscription())?.unsubscribe();
  } catch {
    // The server has forgotten the device: it is told nothing any more.
  }
}

async function subscribed(key: string): Promise<PushSubscription | null> {
  const manager = (await registered())?.pushManager;
  const known = await manager?.getSubscription();
  if (known && base64url(known.options.applicationServerKey) === key) return known;
  await known?.unsubscribe();
  return (await manager?.subscribe({ userVisibleOnly: true, applicationServerKey: key })) ?? null;
}

function told(api: Api, subscription: PushSubscription): Promise<Answer<null>> {
  const { endpoint, keys } = subscription.toJSON();
  return api.call<null>("PUT", "/devices/current/push", { body: { endpoint, keys } });
}

function base64url(bytes: ArrayBuffer | null): string {
  const text = String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
