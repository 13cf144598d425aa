/** Pictures of what is sold, drawn: a shape for each kind of thing, in the color of what is in it. */

import type { ComponentChildren } from "preact";
import type { Product } from "../../app/wire";
import { Bag, Bottle, Bowl, Chocolate, Cup, Iced, Mug, Tea, Wine } from "./art_drinks";
import { Cake, Cookie, Croissant, Donut, Frosty, Muffin, Sandwich, Snack } from "./art_food";

/** What a shape is colored with: what is in it, and a darker shade of that. */
export interface Inside {
  fill: string;
  deep: string;
}

type Shape = (inside: Inside) => ComponentChildren;

/** Read off a product's key and category, the first that fits: a program names its things as it likes. */
const SHAPES: [RegExp, Shape][] = [
  [/frost|smoothie|blend|shake/, Frosty],
  [/cookie-tin|box|beans|tin\b|bag/, Bag],
  [/mug|-cup\b|dripper|goods/, Mug],
  [/cookie|waffle/, Cookie],
  [/muffin|pudding/, Muffin],
  [/donut|bagel/, Donut],
  [/croissant|scone|twist|roll/, Croissant],
  [/cake|slice|brownie|blondie|velvet|log\b/, Cake],
  [/sandwich|ciabatta|toast|kitchen/, Sandwich],
  [/bowl|yogurt|salad|soup|board/, Bowl],
  [/wine|cider|evening|beer/, Wine],
  [/juice|water|soda|lemonade|spritz|bottle|-drink\b/, Bottle],
  [/chip|snack|flakes|drops|bar\b|cluster|nut/, Snack],
  [/iced|cold|shaken|jelly|pearl|citrus/, Iced],
  [/chocolate/, Chocolate],
  [/matcha|tea/, Tea],
  [/bakery|bread/, Croissant],
];

const COLORS: [RegExp, Inside][] = [
  [/matcha|green|fir|pine|spinach|mint/, { fill: "#9db86a", deep: "#6f8c42" }],
  [/berry|blackcurrant|beet/, { fill: "#8d5a9e", deep: "#5f3872" }],
  [/hibiscus|pomegranate|pink|velvet|cranberry|wine|raspberry/, { fill: "#cf5f74", deep: "#9c3449" }],
  [/mango|peach|orange|citrus|apple|orchard|cider|carrot|honey|lemon/, { fill: "#efa850", deep: "#c97a25" }],
  [/white|vanilla|cream|coconut|milk|water|almond|oat|banana/, { fill: "#f0ddb9", deep: "#d3b683" }],
  [/caramel|hazel|roasted|croissant|toast|bread|cheese/, { fill: "#d69a57", deep: "#a86c2d" }],
  [/mocha|chocolate|cocoa|brownie|log|dark/, { fill: "#7d4e33", deep: "#54311d" }],
  [/tea/, { fill: "#cf8a45", deep: "#a3622a" }],
];
const COFFEE: Inside = { fill: "#9a6a42", deep: "#6b4426" };
const TONES = 4;

export function Picture({ product }: { product: Product }) {
  const text = `${product.sku} ${product.category ?? ""}`;
  const shape = SHAPES.find(([pattern]) => pattern.test(text))?.[1] ?? Cup;
  const inside = COLORS.find(([pattern]) => pattern.test(text))?.[1] ?? COFFEE;
  return (
    <svg class={`art tone-${toneOf(product.sku)}`} viewBox="0 0 96 96" aria-hidden="true">
      <rect class="art-paper" x="-144" y="-96" width="384" height="288" />
      <circle class="art-sun" cx="48" cy="50" r="36" />
      {shape(inside)}
    </svg>
  );
}

/** The same background for the same product, and different ones side by side. */
function toneOf(sku: string): number {
  let sum = 0;
  for (const letter of sku) sum = (sum * 31 + letter.charCodeAt(0)) % 997;
  return sum % TONES;
}
