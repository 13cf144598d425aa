/** Acts that the server refused, told once; who acted elsewhere at the same time is told to nobody. */

import { both, currentLanguage } from "@ui/texts";
import { useEffect } from "preact/hooks";
import type { Refusal } from "../sync/types";
import { useApp } from "./hooks";

const texts = both<Record<string, string>>({
  en: {
    "offer.activate": "The offer could not be activated: it is over.",
    "reward.hold": "The reward could not be set aside.",
    "draft.line.add": "This order was placed meanwhile, so the item was not added to it.",
    other: "A change could not be saved.",
  },
  fr: {
    "offer.activate": "L’offre n’a pas pu être activée : elle est terminée.",
    "reward.hold": "Le cadeau n’a pas pu être réservé.",
    "draft.line.add": "Cette commande a été passée entre-temps : l’article n’y a pas été ajouté.",
    other: "Une modification n’a pas pu être enregistrée.",
  },
});

/** Whether somebody has to know: a newer choice of the same person on another device is no news. */
function isNews(refusal: Refusal): boolean {
  return (
    refusal.status === "rejected" &&
    refusal.code !== "message_not_found" &&
    refusal.code !== "offer_not_found"
  );
}

export function useRefusals(tell: (text: string) => void): void {
  const app = useApp();
  useEffect(() => {
    const look = () => {
      if (!app.isSignedIn) return;
      for (const refusal of app.replica.refused) {
        const table = texts[currentLanguage()];
        if (isNews(refusal)) tell(table[refusal.name] ?? (table.other as string));
        void app.replica.forgive(refusal.uid);
      }
    };
    look();
    return app.replica.listen(look);
  }, [app, tell]);
}
