/** Why a card or an amount was refused, in a sentence that says what to do. */

import { date, money } from "@ui/format";
import { both, currentLanguage } from "@ui/texts";
import type { Problem } from "../../app/api";
import { sentence } from "../../app/refusals";

const declines = both<Record<string, string>>({
  en: {
    card_declined: "Your bank declined this card. Nothing was charged. Try another one.",
    insufficient_funds: "There is not enough money on this card. Nothing was charged.",
    expired_card: "This card has expired. Nothing was charged. Use another one.",
    authentication_failed: "The payment was not confirmed, so nothing was charged.",
    payment_intent_authentication_failure: "The payment was not confirmed, so nothing was charged.",
    setup_intent_authentication_failure: "Your bank was not told that it is you, so the card was not kept.",
    card_page_expired: "The page for the card was open too long, so no card was kept. Begin anew.",
    authentication_required: "Your bank wants you to confirm. Top up by hand once.",
    card_forgotten: "The payment provider does not know this card any more. Add it again.",
  },
  fr: {
    card_declined: "Votre banque a refusé cette carte. Rien n’a été débité. Essayez-en une autre.",
    insufficient_funds: "Il n’y a pas assez d’argent sur cette carte. Rien n’a été débité.",
    expired_card: "Cette carte a expiré. Rien n’a été débité. Prenez-en une autre.",
    authentication_failed: "Le paiement n’a pas été confirmé : rien n’a été débité.",
    payment_intent_authentication_failure: "Le paiement n’a pas été confirmé : rien n’a été débité.",
    setup_intent_authentication_failure:
      "Votre banque n’a pas reçu votre confirmation : la carte n’a pas été gardée.",
    card_page_expired:
      "La page de saisie est restée ouverte trop longtemps : aucune carte n’a été gardée. Recommencez.",
    authentication_required: "Votre banque veut votre confirmation. Rechargez une fois à la main.",
    card_forgotten: "Le prestataire de paiement ne connaît plus cette carte. Ajoutez-la de nouveau.",
  },
});

/** Return why a bank said no. */
export function declined(code: string | null): string {
  const table = declines[currentLanguage()];
  return (table[code ?? ""] ?? table.card_declined) as string;
}

const others = both({
  en: {
    range: (least: string, most: string) => `Between ${least} and ${most} can be loaded at once.`,
    day: (most: string) => `No more than ${most} can be loaded in 24 hours. Try again tomorrow.`,
    full: "Your wallet cannot hold more than that.",
    card: "The payment provider does not know this card. Choose another one.",
    off: "Cards are not taken here just now. Nothing was charged.",
    guarded: (when: string) =>
      `A device or address is new. To protect your money, auto-reload can be switched on or raised from ${when}.`,
    over: "This payment was given up before anything was charged. Begin anew.",
  },
  fr: {
    range: (least: string, most: string) => `On peut recharger entre ${least} et ${most} à la fois.`,
    day: (most: string) => `On ne peut pas recharger plus de ${most} en 24 heures. Réessayez demain.`,
    full: "Votre portefeuille ne peut pas contenir plus que cela.",
    card: "Le prestataire de paiement ne connaît pas cette carte. Choisissez-en une autre.",
    off: "Les cartes ne sont pas acceptées pour l’instant. Rien n’a été débité.",
    guarded: (when: string) =>
      `Un appareil ou une adresse est récent. Pour protéger votre argent, la recharge automatique pourra être activée ou relevée à partir du ${when}.`,
    over: "Ce paiement a été abandonné avant tout débit. Recommencez.",
  },
});

/** Return the sentence for a problem with money. */
export function told(problem: Problem, currency: string): string {
  const t = others[currentLanguage()];
  const amount = (name: string) => money(Number(problem[name] ?? 0), currency);
  const until = Date.now() + 1000 * (problem.retry_after_seconds ?? 0);
  return sentence(problem, currency, {
    card_declined: declined(String(problem.decline_code ?? "")),
    amount_out_of_range: t.range(amount("minimum_minor"), amount("maximum_minor")),
    daily_limit: t.day(amount("limit_minor")),
    wallet_limit: t.full,
    payment_method_unknown: t.card,
    card_not_found: t.card,
    card_payments_off: t.off,
    payment_provider_refused: declined("card_declined"),
    auto_reload_guarded: t.guarded(date(until, "moment")),
    payment_canceled: t.over,
  });
}
