/** Light, dark, or as the device is: chosen for this device alone. */

import type { Keeping } from "./keeping";

export const LOOKS = ["device", "light", "dark"] as const;
export type Look = (typeof LOOKS)[number];

/** The color of what the system draws around the page; see --paper in tokens.css. */
const PAPER = { light: "#fbfaf7", dark: "#121614" };

export async function chosenLook(keeping: Keeping): Promise<Look> {
  const known = await keeping.get("choice", "look");
  return LOOKS.find((each) => each === known) ?? "device";
}

/** Remember the choice and show it at once. */
export async function chooseLook(keeping: Keeping, look: Look): Promise<void> {
  wear(look);
  await keeping.put("choice", look, "look");
}

/** Dress the page. */
export function wear(look: Look): void {
  const root = document.documentElement;
  if (look === "device") delete root.dataset.theme;
  else root.dataset.theme = look;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.content = PAPER[look === "device" ? (meta.media.includes("dark") ? "dark" : "light") : look];
  }
}
