/** Drawn things to eat, and what is eaten with a spoon through a straw. */

import type { Inside } from "./art";

const CRUST = "#d9a05b";
const BAKED = "#b9793a";
const CREAM = "#fffaf0";
const PLATE = "#fffdf8";
const SHADOW = "#e4dccd";

const Plate = () => (
  <>
    <ellipse cx="48" cy="76" rx="37" ry="8" fill={SHADOW} />
    <ellipse cx="48" cy="74" rx="36" ry="7" fill={PLATE} />
  </>
);

export const Frosty = ({ fill, deep }: Inside) => (
  <>
    <path d="M56 30L66 4" stroke="#e6b450" stroke-width="5" stroke-linecap="round" />
    <path d="M28 36h40l-5 45c0 3-2 4-4 4H37c-2 0-4-1-4-4z" fill={fill} />
    <path d="M29 46c12 8 26-8 38 2l-1 9c-12-8-24 8-36 0z" fill={deep} opacity="0.55" />
    <path d="M32 66c10 6 22-6 32 0l-1 8c-10-5-20 5-30 0z" fill={deep} opacity="0.35" />
    <path d="M26 36c-2-7 5-9 9-9c0-8 8-12 13-12s12 3 12 11c6-1 12 4 10 10z" fill={CREAM} />
    <path d="M33 32c8 3 20 3 30-1M39 24c6 3 13 2 18-1" fill="none" stroke={SHADOW} stroke-width="2" />
    <path
      d="M40 21l4 4M52 18l-2 5M48 28l5 2M37 30l4-2"
      stroke={deep}
      stroke-width="2"
      stroke-linecap="round"
    />
    <path d="M34 42l3 36" stroke="#fff" stroke-width="3" stroke-linecap="round" opacity="0.45" />
  </>
);

export const Muffin = ({ fill, deep }: Inside) => (
  <>
    <Plate />
    <path d="M30 48h36l-5 26c0 2-2 3-4 3H39c-2 0-4-1-4-3z" fill={PLATE} />
    <path d="M37 49l3 27M44 49l1 28M52 49l-1 28M59 49l-3 27" stroke={SHADOW} stroke-width="2.5" />
    <path d="M24 48c-4-9 3-14 7-15c1-10 9-15 17-15s16 5 17 15c4 1 11 6 7 15c-4 4-44 4-48 0z" fill={CRUST} />
    <path
      d="M34 30c2-6 7-9 13-9"
      fill="none"
      stroke={CREAM}
      stroke-width="3"
      stroke-linecap="round"
      opacity="0.7"
    />
    <circle cx="41" cy="36" r="3.5" fill={deep} />
    <circle cx="54" cy="31" r="3.5" fill={fill} />
    <circle cx="58" cy="42" r="3" fill={deep} />
    <circle cx="33" cy="44" r="2.5" fill={fill} />
    <circle cx="48" cy="45" r="2.5" fill={deep} />
  </>
);

export const Cookie = ({ deep }: Inside) => (
  <>
    <Plate />
    <circle cx="48" cy="46" r="29" fill={BAKED} />
    <circle cx="48" cy="44" r="28" fill={CRUST} />
    <g fill={deep === "#d3b683" ? BAKED : deep}>
      <circle cx="38" cy="34" r="4.5" />
      <circle cx="56" cy="30" r="3.5" />
      <circle cx="62" cy="46" r="4.5" />
      <circle cx="46" cy="48" r="4" />
      <circle cx="33" cy="52" r="3.5" />
      <circle cx="53" cy="61" r="4" />
    </g>
    <path
      d="M26 36c3-8 9-13 17-15"
      fill="none"
      stroke={CREAM}
      stroke-width="3"
      stroke-linecap="round"
      opacity="0.5"
    />
  </>
);

export const Croissant = () => (
  <>
    <Plate />
    <path
      d="M12 64c0-24 16-42 36-42s36 18 36 42c-6 5-14 3-17-4c-3-8-9-14-19-14s-16 6-19 14c-3 7-11 9-17 4z"
      fill={CRUST}
    />
    <path
      d="M28 32c2 8 4 12 10 17M48 22v24M68 32c-2 8-4 12-10 17M17 48c5 3 8 5 12 8M79 48c-5 3-8 5-12 8"
      fill="none"
      stroke={BAKED}
      stroke-width="4"
      stroke-linecap="round"
    />
    <path
      d="M33 30c4-3 8-4 12-4"
      fill="none"
      stroke={CREAM}
      stroke-width="3"
      stroke-linecap="round"
      opacity="0.7"
    />
  </>
);

export const Cake = ({ fill, deep }: Inside) => (
  <>
    <Plate />
    <path d="M16 44l54-20c8 3 12 9 12 20v28H16z" fill={fill} />
    <path d="M16 44h66v8H16z" fill={CREAM} />
    <path d="M16 52h66v7H16z" fill={deep} />
    <path d="M16 59h66v5H16z" fill={CREAM} />
    <path d="M16 44l54-20c8 3 12 9 12 20z" fill={CREAM} />
    <path d="M16 44c4 7 8 1 12 4s8 3 12-2s9 6 14 2s9 4 14-1s9 3 14-3z" fill={CREAM} />
    <circle cx="66" cy="26" r="7" fill="#cf3f54" />
    <path d="M66 20c0-5 3-8 7-9" fill="none" stroke="#5f8f4f" stroke-width="2.5" stroke-linecap="round" />
  </>
);

export const Sandwich = () => (
  <>
    <Plate />
    <path d="M17 66h62c2 0 4 2 4 4s-3 5-6 5H19c-3 0-6-2-6-5s2-4 4-4z" fill={CRUST} />
    <path d="M14 60c6 8 10 0 16 4s10-4 16 2s10-5 16 0s12 2 20-6z" fill="#7fae57" />
    <path d="M16 54h64l-8 9l-7-5l-9 4l-10-4H16z" fill="#f2bf4e" />
    <path d="M18 51h60v6H18z" fill="#d9695a" />
    <path d="M15 50c-2-16 14-26 33-26s35 10 33 26c0 2-2 3-4 3H19c-2 0-4-1-4-3z" fill={CRUST} />
    <path
      d="M34 35l4-2M46 31l4-1M58 35l4 1M40 42l4-1M54 42l4 1"
      stroke={CREAM}
      stroke-width="3"
      stroke-linecap="round"
    />
  </>
);

export const Snack = ({ fill, deep }: Inside) => (
  <>
    <ellipse cx="48" cy="84" rx="22" ry="4" fill={SHADOW} />
    <path d="M27 16h42l-2 6c4 18 4 38 0 56l2 6H27l2-6c-4-18-4-38 0-56z" fill={fill} />
    <path d="M27 16h42l-2 6H29zM29 78h38l2 6H27z" fill={deep} />
    <circle cx="48" cy="50" r="16" fill={CREAM} />
    <path d="M40 54c2-8 8-12 16-11c0 8-6 14-14 13z" fill={deep} />
    <path
      d="M34 28c-2 14-2 28 0 42"
      fill="none"
      stroke="#fff"
      stroke-width="3"
      stroke-linecap="round"
      opacity="0.45"
    />
  </>
);

export const Donut = () => (
  <>
    <Plate />
    <path d="M48 18c17 0 30 12 30 27s-13 27-30 27s-30-12-30-27s13-27 30-27z" fill={BAKED} />
    <path
      d="M48 16c17 0 29 11 29 25c0 9-5 8-8 13s-9 1-13 5s-10 0-14 1s-8-4-13-5s-10-6-10-14c0-14 12-25 29-25z"
      fill="#f6dfe0"
    />
    <ellipse cx="48" cy="42" rx="10" ry="8" fill={BAKED} />
    <ellipse cx="48" cy="44" rx="9" ry="6" fill={SHADOW} />
    <path
      d="M30 34l4-3M40 23l4 2M58 24l4 3M66 38l1 5M34 50l4 2M59 53l4-3M26 43l1 4"
      stroke="#cf5f74"
      stroke-width="3"
      stroke-linecap="round"
    />
    <path d="M52 22l4 0M67 31l3 3M44 57l4 0" stroke="#5f8f4f" stroke-width="3" stroke-linecap="round" />
  </>
);
