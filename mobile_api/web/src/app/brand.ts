/** The brand's own color and name, from its program: the same in all faces. */

import type { Program } from "./wire";

/** Dress the page; colors that could not be read on are darkened or get dark letters. */
export function brand(program: Program | null): void {
  const given = program?.program.brand;
  const color = given?.primary_color;
  if (!color || !/^#[0-9a-f]{6}$/i.test(color)) return;
  const { style } = document.documentElement;
  style.setProperty("--brand", color);
  const isDark = contrast(color, "#ffffff") >= 4.5;
  style.setProperty("--on-brand", isDark ? "#ffffff" : "#10140f");
  style.setProperty("--brand-deep", `color-mix(in srgb, ${color} 78%, ${isDark ? "black" : "white"})`);
}

/** The contrast of two colors, 1 to 21 (WCAG 2.2, relative luminance). */
export function contrast(one: string, two: string): number {
  const [high, low] = [luminance(one), luminance(two)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((place) => {
    const value = Number.parseInt(color.slice(place, place + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
