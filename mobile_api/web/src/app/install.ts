/** The service worker, news of it, and the browser's offer to install the app. */

type Prompt = Event & { prompt(): Promise<void>; userChoice: Promise<{ outcome: string }> };

let waiting: ServiceWorker | null = null;
let prompt: Prompt | null = null;
const updated = new Set<() => void>();
const installable = new Set<() => void>();

/** Register the worker: from then on the app starts without a network. */
export async function register(): Promise<void> {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    prompt = event as Prompt;
    for (const listener of [...installable]) listener();
  });
  if (!("serviceWorker" in navigator)) return;
  reloadIntoNew();
  // Keeping every file is no hurry: first the person, then the shelf.
  await idle();
  const registration = await navigator.serviceWorker
    .register("/app/sw.js", { scope: "/app/", updateViaCache: "none" })
    .catch(() => null);
  // Not heard, or not allowed by this browser: the app works as long as there is a network.
  if (registration) watch(registration);
}

const LONGEST_MS = 3000;

function idle(): Promise<unknown> {
  return new Promise((resolve) =>
    "requestIdleCallback" in window
      ? requestIdleCallback(resolve, { timeout: LONGEST_MS })
      : setTimeout(resolve, LONGEST_MS / 3),
  );
}

/** Go over to another version together with the worker: the files of the old one are gone then, in all pages. */
function reloadIntoNew(): void {
  let had = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (had) location.reload();
    had = true;
  });
}

function watch(registration: ServiceWorkerRegistration): void {
  const look = () => {
    const found = registration.waiting;
    if (found === null || !navigator.serviceWorker.controller) return;
    waiting = found;
    for (const listener of [...updated]) listener();
  };
  const follow = () => registration.installing?.addEventListener("statechange", look);
  look();
  follow();
  registration.addEventListener("updatefound", follow);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void registration.update().catch(() => {});
  });
}

/** Call the listener when a new version waits. */
export function onUpdate(listener: () => void): () => void {
  updated.add(listener);
  if (waiting) listener();
  return () => updated.delete(listener);
}

/** Change to the new version; the page is loaded anew. */
export function update(): void {
  waiting?.postMessage("take over");
}

/** Call the listener when the browser offers to install the app. */
export function onInstallable(listener: () => void): () => void {
  installable.add(listener);
  if (prompt) listener();
  return () => installable.delete(listener);
}

/** Let the browser ask the person; return whether they said yes. */
export async function install(): Promise<boolean> {
  const asked = prompt;
  prompt = null;
  await asked?.prompt();
  return (await asked?.userChoice)?.outcome === "accepted";
}
