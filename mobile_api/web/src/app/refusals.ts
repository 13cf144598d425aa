/** What the server refused, as a sentence a person can do something with. */

import { money } from "@ui/format";
import { both, currentLanguage } from "@ui/texts";
import type { Problem } from "./api";

type Say = string | ((problem: Problem, currency: string) => string);

const short = (problem: Problem, currency: string) => money(Number(problem.missing_minor ?? 0), currency);

const sentences = both<Record<string, Say>>({
  en: {
    offline: "There is no connection just now. Try again in a moment.",
    internal: "Something went wrong on our side. Nothing was lost: try again.",
    busy: "It is very busy just now. Try again in a moment.",
    unreachable: "It is very busy just now. Try again in a moment.",
    too_many_requests: (problem) =>
      `Too many tries. Wait ${Math.ceil((problem.retry_after_seconds ?? 60) / 60)} min and try again.`,
    insufficient_points: "You do not have enough points for this.",
    insufficient_funds: (problem, currency) => `Your wallet is short of ${short(problem, currency)}.`,
    wallet_limit: "Your wallet cannot hold more than that.",
    session_expired: "You were signed out. Sign in again: nothing is lost.",
  },
  fr: {
    offline: "Pas de connexion pour l’instant. Réessayez dans un moment.",
    internal: "Un problème est survenu de notre côté. Rien n’est perdu : réessayez.",
    busy: "Il y a beaucoup de monde. Réessayez dans un moment.",
    unreachable: "Il y a beaucoup de monde. Réessayez dans un moment.",
    too_many_requests: (problem) =>
      `Trop d’essais. Attendez ${Math.ceil((problem.retry_after_seconds ?? 60) / 60)} min et réessayez.`,
    insufficient_points: "Vous n’avez pas assez de points pour cela.",
    insufficient_funds: (problem, currency) => `Il manque ${short(problem, currency)} à votre portefeuille.`,
    wallet_limit: "Votre portefeuille ne peut pas contenir plus que cela.",
    session_expired: "Vous avez été déconnecté. Reconnectez-vous : rien n’est perdu.",
  },
});

/** Return the sentence for a problem; a screen's own table comes first, the server's own words last. */
export function sentence(problem: Problem, currency = "USD", own: Record<string, Say> = {}): string {
  const common = sentences[currentLanguage()];
  const said = own[problem.code] ?? common[problem.code];
  if (said !== undefined) return typeof said === "string" ? said : said(problem, currency);
  if (problem.status >= 500) return String(common.internal);
  return problem.errors?.[0]?.detail ?? problem.detail ?? String(common.internal);
}
