/** What can be said of one's taste: the names are those of loyalty/preferences/names.py, whose values are free. */

/** `group`: the program's own option group says what there is; `values`: ours do; neither: written by hand. */
export interface Known {
  name: string;
  group?: string;
  values?: readonly string[];
}

const AMOUNTS = ["none", "less", "regular", "extra"] as const;

export const DRINKS: readonly Known[] = [
  { name: "milk", group: "milk", values: ["whole", "skim", "oat", "soy", "almond"] },
  { name: "size", group: "size", values: ["small", "medium", "large"] },
  { name: "temperature", group: "temperature", values: ["hot", "iced"] },
  { name: "sweetness", values: AMOUNTS },
  { name: "ice", values: AMOUNTS },
  { name: "strength", values: ["mild", "regular", "strong", "decaf"] },
  { name: "cup", values: ["paper", "mug", "own"] },
  { name: "name_on_cup" },
  { name: "receipt", values: ["app", "paper"] },
];

export const STORE = "store";

export const DIETARY = [
  "vegan",
  "vegetarian",
  "halal",
  "kosher",
  "no_caffeine",
  "no_dairy",
  "no_egg",
  "no_fish",
  "no_gluten",
  "no_lactose",
  "no_nuts",
  "no_peanuts",
  "no_pork",
  "no_sesame",
  "no_soy",
  "no_sugar",
] as const;

export const SLOTS = ["morning", "midday", "afternoon", "evening"] as const;
export type Slot = (typeof SLOTS)[number];
/** When each begins, in the store's own time; see loyalty/preferences/names.py. */
export const BEGINS: Record<Slot, number> = { morning: 4, midday: 11, afternoon: 14, evening: 17 };

export interface PreferenceDoc {
  name: string;
  value: string;
}

export interface DietaryDoc {
  tag: string;
}

export interface FavoriteDoc {
  sku: string;
}
