/** What the server's documents and answers look like, as far as screens read them. Points in thousandths, money in minor units. */

import type { PointsName } from "@ui/format";
import type { Words } from "@ui/texts";

export interface Balance {
  points_milli: number;
  held_milli: number;
  owed_milli: number;
  expiring: { expires_at: string; points_milli: number }[];
  seq: number;
}

export interface WalletDoc {
  balance_minor: number;
  held_minor: number;
  limit_minor: number;
}

export interface Profile {
  given_name: string;
  family_name: string;
  locale: string;
  birthday: string | null;
  member: string;
  card_number: string;
  joined_at: string;
}

export interface TierDoc {
  tier: string;
  since: string | null;
  until: string | null;
  tier_points_milli: number;
}

export interface Item {
  sku: string;
  options: string[];
  quantity: number;
}

export interface Usual {
  slot: string;
  items: Item[];
  source: string;
  suggested: Item[];
  hidden: boolean;
}

export interface OfferDoc {
  id: string;
  offer: string;
  received_at: string;
  seen_at: string | null;
  activated_at: string | null;
  window_from: string | null;
  window_until: string | null;
  pending?: string;
}

export interface SaleLine {
  line: string;
  sku: string;
  name: string;
  kind: string;
  options: string[];
  quantity: number;
  unit_price_minor: number;
  discount_minor: number;
  net_minor: number;
  earned_milli: number;
}

export interface SaleDoc {
  id: string;
  sale: string;
  state: string;
  occurred_at: string;
  store: string | null;
  channel: string;
  total_minor: number;
  returned_minor: number;
  discount_minor: number;
  earned_milli: number;
  spent_milli: number;
  offline: boolean;
  lines: SaleLine[];
}

export interface MessageDoc {
  id: string;
  kind: string;
  title: string;
  text: string;
  data: Record<string, unknown>;
  created_at: string;
  read_at: string | null;
}

export interface Tier {
  key: string;
  name: Words;
  points_milli: number;
  color?: string;
  text?: Words;
}

export interface Reward {
  key: string;
  name: Words;
  text?: Words;
  price_milli: number | Record<string, number>;
}

/** The live program, as `GET /program` shows it to everybody. */
export interface Program {
  version: number;
  program: {
    key: string;
    name: Words;
    currency: string;
    timezone: string;
    locales: string[];
    brand?: { name?: string; primary_color?: string; accent_color?: string; tagline?: Words; story?: Words };
    points: { name: PointsName };
    tiers: Tier[];
    rewards: Reward[];
  };
}

export interface Category {
  key: string;
  name: Words;
  tags?: string[];
}

export interface Option {
  key: string;
  name: Words;
  price_minor?: number;
  tags?: string[];
}

export interface OptionGroup {
  key: string;
  name: Words;
  min?: number;
  max?: number;
  options: Option[];
}

export interface Product {
  sku: string;
  name: Words;
  category: string;
  kind?: string;
  tags?: string[];
  price_minor: number;
  prices?: Record<string, number>;
  option_groups?: string[];
  /** The till says the price: it cannot be ordered. */
  open_price?: boolean;
  text?: Words;
}

/** How a store takes orders ahead; times are of its own clock. */
export interface OrderAhead {
  lead_minutes: number;
  every_minutes?: number;
  days_ahead?: number;
  hours: Partial<Record<"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun", [string, string][]>>;
  closed_days?: string[];
  not_skus?: string[];
}

export interface StorePlace {
  key: string;
  name: Words;
  timezone: string;
  address?: string;
  tags?: string[];
  order_ahead?: OrderAhead;
}

export interface Catalog {
  version: number;
  store: string | null;
  categories: Category[];
  option_groups: OptionGroup[];
  products: Product[];
  stores: StorePlace[];
  prices: Record<string, number>;
}
