/** What this device is called, and what kind it is. */

import type { Keeping } from "./keeping";

const SYSTEMS: [RegExp, string][] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Mac OS X|Macintosh/, "Mac"],
  [/Windows/, "Windows"],
  [/CrOS/, "Chromebook"],
  [/Linux/, "Linux"],
];

export const isInstalled = (): boolean => matchMedia("(display-mode: standalone)").matches;

export function systemName(): string {
  return SYSTEMS.find(([pattern]) => pattern.test(navigator.userAgent))?.[1] ?? "?";
}

/** Return what the server is told of this device at sign-in; it keeps its id from an earlier one. */
export async function deviceIn(keeping: Keeping, name: string): Promise<object> {
  const id = await keeping.get("choice", "device");
  const platform = isInstalled() || matchMedia("(pointer: coarse)").matches ? "app" : "web";
  return { name, platform, ...(typeof id === "string" && { id }) };
}
