/** What the server says of the wallet. Money in minor units. */

export interface Card {
  id: string;
  brand: string;
  last4: string;
  expires: string;
}

export interface AutoReload {
  enabled: boolean;
  threshold_minor: number;
  amount_minor: number;
  card: string;
  stopped_because: string | null;
}

export interface Wallet {
  balance_minor: number;
  held_minor: number;
  limit_minor: number;
  currency: string;
  top_up_min_minor: number;
  top_up_max_minor: number;
  provider: string | null;
  is_test: boolean;
  cards: Card[];
  auto_reload: AutoReload | null;
}

/** The demo's cards are tokens that this app may name; a real provider's are entered on its own page. */
export const hasTestCards = (wallet: Wallet) => wallet.provider === "test_card";

/** What the card's holder must answer: a page of the provider's, or a secret for its own code. */
export interface Challenge {
  url: string | null;
  client_secret: string | null;
}

export interface TopUp {
  id: string;
  status:
    | "created"
    | "requires_action"
    | "processing"
    | "paid"
    | "credited"
    | "declined"
    | "canceled"
    | "returned";
  purpose: "top_up" | "auto_reload";
  source: string;
  amount_minor: number;
  currency: string;
  refunded_minor: number;
  decline_code: string | null;
  created_at: string;
  challenge: Challenge | null;
}
