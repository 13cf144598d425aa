/** Codes as pictures: black on white whatever the theme, since a scanner wants it so. */

import { encode } from "uqr";
import { code128 } from "./code128";

/** A QR code with its quiet zone of four modules. */
export function Qr({ text, label, level = "L" }: { text: string; label: string; level?: "L" | "Q" }) {
  const { data, size } = encode(text, { ecc: level, border: 4 });
  const path = data
    .flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])))
    .join("");
  return (
    <svg
      class="code-picture qr"
      viewBox={`0 0 ${size} ${size}`}
      shape-rendering="crispEdges"
      role="img"
      aria-label={label}
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

/** A Code 128 with its quiet zones of ten modules. */
export function Bars({ digits, label }: { digits: string; label: string }) {
  const widths = code128(digits);
  const total = widths.reduce((sum, width) => sum + width, 20);
  let x = 10;
  let path = "";
  widths.forEach((width, place) => {
    if (place % 2 === 0) path += `M${x} 0h${width}v40h-${width}z`;
    x += width;
  });
  return (
    <svg
      class="code-picture bars"
      viewBox={`0 0 ${total} 40`}
      preserveAspectRatio="none"
      shape-rendering="crispEdges"
      role="img"
      aria-label={label}
    >
      <rect width={total} height="40" fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
