/** Paths below `/app/`, without reloading: links are plain links, and the browser's own history. */

import { useEffect, useState } from "preact/hooks";

export const BASE = "/app";

/** Where the person is: `/order/item/latte` of `/app/order/item/latte`. */
export function here(): string {
  return location.pathname.slice(BASE.length) || "/";
}

const moved = new EventTarget();

/** Go somewhere; `replace` leaves no step to come back to. */
export function go(path: string, options: { replace?: boolean } = {}): void {
  history[options.replace ? "replaceState" : "pushState"]({ inside: true }, "", BASE + path);
  moved.dispatchEvent(new Event("moved"));
  scrollTo(0, 0);
}

/** Go one step back, or to `path` where this was the first page. */
export function back(path: string): void {
  if (history.state?.inside) history.back();
  else go(path, { replace: true });
}

export const href = (path: string) => BASE + path;

export function usePath(): string {
  const [path, setPath] = useState(here);
  useEffect(() => {
    const update = () => setPath(here());
    moved.addEventListener("moved", update);
    addEventListener("popstate", update);
    document.addEventListener("click", follow);
    update(); // a screen may have gone elsewhere before this was listening
    return () => {
      moved.removeEventListener("moved", update);
      removeEventListener("popstate", update);
      document.removeEventListener("click", follow);
    };
  }, []);
  return path;
}

/** Take over clicks on links into the app, as a person means them: not with a modifier, not into another tab. */
function follow(event: MouseEvent): void {
  if (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  )
    return;
  const link = (event.target as Element).closest("a");
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (!link.pathname.startsWith(`${BASE}/`)) return;
  event.preventDefault();
  go(link.pathname.slice(BASE.length) + link.search + link.hash);
}

/** Match `/receipts/:id` against a path; the named parts, or null. */
export function matched(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.replace(/(.)\/$/, "$1").split("/");
  if (wanted.length !== given.length) return null;
  const parts: Record<string, string> = {};
  for (const [place, part] of wanted.entries()) {
    const value = given[place] ?? "";
    if (part.startsWith(":")) parts[part.slice(1)] = decodeURIComponent(value);
    else if (part !== value) return null;
  }
  return parts;
}
