/** Drawn drinks, and what they come in. */

import type { Inside } from "./art";

const CHINA = "#fffdf8";
const SHADOW = "#e4dccd";
const GLASS = "#ffffff";

const Steam = () => (
  <path
    d="M40 26c-4-5 4-8 0-14M50 24c-4-5 4-8 0-14M60 26c-4-5 4-8 0-14"
    fill="none"
    stroke={CHINA}
    stroke-width="3"
    stroke-linecap="round"
    opacity="0.85"
  />
);

export const Cup = ({ fill, deep }: Inside) => (
  <>
    <Steam />
    <ellipse cx="48" cy="78" rx="33" ry="6" fill={SHADOW} />
    <ellipse cx="48" cy="76" rx="31" ry="5" fill={CHINA} />
    <path d="M70 44c12-3 15 15-4 17" fill="none" stroke={CHINA} stroke-width="5" />
    <path d="M23 38h50c0 22-7 36-25 36S23 60 23 38z" fill={CHINA} />
    <path d="M58 72c9-6 14-18 15-34h-6c0 17-3 28-9 34z" fill={SHADOW} />
    <ellipse cx="48" cy="38" rx="25" ry="8" fill={CHINA} />
    <ellipse cx="48" cy="38.5" rx="21.5" ry="6" fill={deep} />
    <ellipse cx="48" cy="39" rx="19" ry="5" fill={fill} />
    <path d="M48 35c5 1 8 3 0 8c-8-5-5-7 0-8z" fill="#f6e6cb" />
  </>
);

export const Tea = ({ fill, deep }: Inside) => (
  <>
    <Steam />
    <ellipse cx="47" cy="80" rx="26" ry="4" fill={SHADOW} />
    <path d="M68 44c13-2 13 20-1 20" fill="none" stroke={GLASS} stroke-width="4" opacity="0.9" />
    <path d="M26 34h43v38c0 5-4 8-8 8H34c-5 0-8-3-8-8z" fill={GLASS} opacity="0.75" />
    <path d="M29 44h37v27c0 4-3 6-6 6H35c-4 0-6-2-6-6z" fill={fill} />
    <path d="M29 44h37v5c-12 5-24-4-37 1z" fill={deep} opacity="0.5" />
    <path d="M44 34v18M38 52h12v14H38z" fill="#fff8e8" stroke="#c9b48c" stroke-width="1.5" />
    <path d="M58 58c-7 1-9 7-7 11c7-1 9-6 7-11z" fill="#5f8f4f" />
  </>
);

export const Chocolate = ({ fill, deep }: Inside) => (
  <>
    <Steam />
    <path d="M68 44c14-2 14 22-1 22" fill="none" stroke="#d76a55" stroke-width="6" />
    <path d="M24 34h46v40c0 4-3 7-7 7H31c-4 0-7-3-7-7z" fill="#d76a55" />
    <path d="M60 34h10v40c0 4-3 7-7 7h-9c6-10 6-30 6-47z" fill="#b94f3d" />
    <ellipse cx="47" cy="35" rx="23" ry="7" fill={deep} />
    <ellipse cx="47" cy="36" rx="20" ry="5" fill={fill} />
    <rect x="35" y="29" width="10" height="8" rx="3" fill={CHINA} transform="rotate(-12 40 33)" />
    <rect x="48" y="28" width="10" height="8" rx="3" fill="#ffe9e4" transform="rotate(14 53 32)" />
    <rect x="42" y="34" width="9" height="7" rx="3" fill={CHINA} />
  </>
);

export const Iced = ({ fill, deep }: Inside) => (
  <>
    <path d="M54 30L62 6" stroke="#e6b450" stroke-width="4" stroke-linecap="round" />
    <path d="M27 24h42l-5 56c0 3-2 4-4 4H36c-2 0-4-1-4-4z" fill={GLASS} opacity="0.7" />
    <path d="M30 38h36l-4 40c0 2-2 3-3 3H37c-1 0-3-1-3-3z" fill={fill} />
    <path d="M31 52c10 8 22-8 33 2l-2 24c0 2-2 3-3 3H37c-1 0-3-1-3-3z" fill={deep} opacity="0.75" />
    <rect
      x="35"
      y="32"
      width="13"
      height="13"
      rx="3"
      fill={GLASS}
      opacity="0.75"
      transform="rotate(-12 41 38)"
    />
    <rect
      x="49"
      y="36"
      width="12"
      height="12"
      rx="3"
      fill={GLASS}
      opacity="0.6"
      transform="rotate(16 55 42)"
    />
    <rect
      x="39"
      y="48"
      width="11"
      height="11"
      rx="3"
      fill={GLASS}
      opacity="0.4"
      transform="rotate(8 44 53)"
    />
    <path d="M33 28l4 48" stroke={GLASS} stroke-width="3" stroke-linecap="round" opacity="0.6" />
  </>
);

export const Bottle = ({ fill, deep }: Inside) => (
  <>
    <ellipse cx="48" cy="85" rx="17" ry="3" fill={SHADOW} />
    <rect x="41" y="9" width="14" height="8" rx="2" fill={deep} />
    <path
      d="M42 17h12v9c0 6 9 8 9 18v36c0 3-2 5-5 5H38c-3 0-5-2-5-5V44c0-10 9-12 9-18z"
      fill={GLASS}
      opacity="0.75"
    />
    <path d="M36 44c0-4 4-7 7-10h10c3 3 7 6 7 10v35c0 2-1 3-3 3H39c-2 0-3-1-3-3z" fill={fill} />
    <rect x="34" y="50" width="28" height="18" fill={CHINA} />
    <path d="M48 53c6 3 6 9 0 12c-6-3-6-9 0-12z" fill={deep} />
    <path d="M39 38v9" stroke={GLASS} stroke-width="3" stroke-linecap="round" opacity="0.7" />
  </>
);

export const Wine = ({ fill, deep }: Inside) => (
  <>
    <ellipse cx="48" cy="84" rx="17" ry="4" fill={GLASS} opacity="0.9" />
    <path d="M48 58v25" stroke={GLASS} stroke-width="4" opacity="0.9" />
    <path d="M30 14h36c3 22 0 46-18 46S27 36 30 14z" fill={GLASS} opacity="0.65" />
    <path d="M31 32h34c0 15-4 25-17 25S31 47 31 32z" fill={fill} />
    <ellipse cx="48" cy="32" rx="17" ry="4" fill={deep} />
    <path d="M35 20v10" stroke={GLASS} stroke-width="3" stroke-linecap="round" />
  </>
);

export const Mug = ({ fill, deep }: Inside) => (
  <>
    <ellipse cx="46" cy="82" rx="25" ry="4" fill={SHADOW} />
    <path d="M66 38c16-2 16 28-1 28" fill="none" stroke={CHINA} stroke-width="6" />
    <path d="M24 26h44v48c0 4-3 7-7 7H31c-4 0-7-3-7-7z" fill={CHINA} />
    <path d="M58 26h10v48c0 4-3 7-7 7h-8c5-12 5-38 5-55z" fill={SHADOW} />
    <path d="M24 54c12-9 26 8 44-3v12c-18 10-32-6-44 2z" fill={fill} opacity="0.9" />
    <circle cx="45" cy="42" r="5" fill="#e6b450" />
    <ellipse cx="46" cy="26" rx="22" ry="5" fill={deep} opacity="0.35" />
  </>
);

export const Bag = ({ fill, deep }: Inside) => (
  <>
    <ellipse cx="48" cy="84" rx="24" ry="4" fill={SHADOW} />
    <path d="M28 22h40l4 58c0 2-2 4-4 4H28c-2 0-4-2-4-4z" fill={deep} />
    <path d="M28 22h40l1 9H27z" fill={fill} />
    <rect x="35" y="42" width="26" height="28" rx="3" fill={CHINA} />
    <ellipse cx="48" cy="56" rx="6" ry="9" fill={fill} transform="rotate(24 48 56)" />
    <path d="M44 49c6 4 2 9 8 14" fill="none" stroke={deep} stroke-width="1.5" />
    <path d="M32 36l-3 40" stroke={fill} stroke-width="2" opacity="0.6" />
  </>
);

export const Bowl = ({ fill, deep }: Inside) => (
  <>
    <ellipse cx="48" cy="80" rx="26" ry="4" fill={SHADOW} />
    <path d="M16 44h64c0 22-12 35-32 35S16 66 16 44z" fill={CHINA} />
    <path d="M62 77c11-5 18-16 18-33h-8c0 16-4 27-10 33z" fill={SHADOW} />
    <ellipse cx="48" cy="44" rx="32" ry="10" fill={CHINA} />
    <ellipse cx="48" cy="44" rx="28" ry="8" fill={fill} />
    <circle cx="36" cy="42" r="4" fill="#c9445e" />
    <circle cx="44" cy="46" r="4" fill="#5f3872" />
    <circle cx="42" cy="39" r="3" fill="#5f3872" />
    <path
      d="M54 41l6-2M58 45l7-1M53 47l6 1M61 41l5 1"
      stroke={deep}
      stroke-width="3"
      stroke-linecap="round"
    />
  </>
);
