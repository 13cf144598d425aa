/**
 * The service worker: the app's files are kept under this version's name, so that it starts without a network and never
 * mixes two versions. Data is not its business: that lies in IndexedDB.
 */

declare const BASE: string;
declare const ASSETS: string[];
declare const VERSION: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const CACHE = `regulars-${VERSION}`;

worker.addEventListener("install", (event) => event.waitUntil(keep()));

async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(ASSETS.map((name) => BASE + name));
  // Asked for past every cache. While servers are changed one after another it may be of another version: then this one
  // is not installed, and the browser tries again.
  const shell = await fetch(new Request(BASE, { cache: "reload" }));
  const named = (await shell.clone().text()).matchAll(/assets\/[\w.-]+/g);
  if (!shell.ok || [...named].some(([name]) => !ASSETS.includes(name))) throw new Error("another version");
  await cache.put(BASE, shell);
}

worker.addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function takeOver(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("regulars-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

worker.addEventListener("message", (event) => {
  if (event.data === "take over") void worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith(BASE)) return;
  if (request.mode === "navigate") event.respondWith(kept(BASE, request));
  else if (url.pathname.startsWith(`${BASE}assets/`)) event.respondWith(kept(url.pathname, request));
});

async function kept(path: string, request: Request): Promise<Response> {
  const found = await caches.match(path, { cacheName: CACHE, ignoreVary: true });
  return found ?? fetch(request);
}

/** What the server pushes; see `payload_of` in loyalty/jobs/pushes.py. */
interface Pushed {
  id?: string;
  title?: string;
  text?: string;
  /** Where it leads: a path of the app. */
  url?: string;
}

worker.addEventListener("push", (event) => event.waitUntil(show(event)));

async function show(event: PushEvent): Promise<void> {
  let pushed: Pushed = {};
  try {
    pushed = event.data?.json() ?? {};
  } catch {
    // Whatever it was, a push must be shown.
  }
  const icon = ASSETS.find((name) => name.includes("icon-192"));
  await worker.registration.showNotification(pushed.title || pushed.text || "Regulars", {
    body: pushed.title ? (pushed.text ?? "") : "",
    ...(icon && { icon: BASE + icon }),
    data: { url: pushed.url ?? `${BASE}inbox` },
    ...(pushed.id && { tag: pushed.id }),
  });
}

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open((event.notification.data as { url: string }).url));
});

/** Go to a page of the app, in the window that shows it already where there is one. */
async function open(path: string): Promise<void> {
  const url = new URL(path, location.origin);
  const target = url.origin === location.origin && url.pathname.startsWith(BASE) ? url.href : BASE;
  const pages = await worker.clients.matchAll({ type: "window" });
  const page = pages.find((each) => new URL(each.url).pathname.startsWith(BASE));
  if (page === undefined) await worker.clients.openWindow(target);
  else await (await page.focus()).navigate(target);
}
