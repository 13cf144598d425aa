/** Where somebody can be written to, as they typed it. */

import { currentLocale } from "@ui/texts";

/** An e-mail address or a number; the region says what a number without a country means. */
export interface Addressed {
  address: string;
  region?: string;
}

export function addressed(typed: string): Addressed {
  const { region } = new Intl.Locale(currentLocale()).maximize();
  return { address: typed.trim(), ...(region && { region }) };
}
