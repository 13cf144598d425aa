/** The app cannot open what it keeps on this device: why, and what can be done about it. */

import { Button, Empty } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import { forgetStores } from "./keeping";

const texts = both({
  en: {
    older: "A newer version was used here",
    olderText:
      "This page is older than what it has kept on this device, and cannot read it. Try again in a while, or begin anew: your points and your money are safe, but what was not sent yet is lost.",
    full: "This device is full",
    fullText: "The app needs a little room to keep your code and your balance. Free some and try again.",
    closed: "Nothing can be kept here",
    closedText:
      "This browser lets the app keep nothing, as some do in a private window. Open it in an ordinary window, or begin anew.",
    again: "Try again",
    anew: "Begin anew on this device",
  },
  fr: {
    older: "Une version plus récente a servi ici",
    olderText:
      "Cette page est plus ancienne que ce qu’elle a gardé sur cet appareil et ne peut pas le lire. Réessayez dans un moment, ou recommencez : vos points et votre argent sont à l’abri, mais ce qui n’a pas encore été envoyé est perdu.",
    full: "Cet appareil est plein",
    fullText: "Il faut un peu de place pour garder votre code et votre solde. Libérez-en, puis réessayez.",
    closed: "Rien ne peut être gardé ici",
    closedText:
      "Ce navigateur ne laisse rien garder à l’application, comme certains le font en navigation privée. Ouvrez-la dans une fenêtre ordinaire, ou recommencez.",
    again: "Réessayer",
    anew: "Recommencer sur cet appareil",
  },
});

type Why = "older" | "full" | "closed";

const WHY: Record<string, Why> = { VersionError: "older", QuotaExceededError: "full" };

export function NoStart({ error }: { error: unknown }) {
  const t = useTexts(texts);
  const [busy, setBusy] = useState(false);
  const why = WHY[(error as DOMException | null)?.name ?? ""] ?? "closed";
  const anew = async () => {
    setBusy(true);
    await forgetStores();
    location.reload();
  };
  return (
    <main class="screen" id="main">
      <h1 class="hidden">{t[why]}</h1>
      <Empty
        icon="info"
        title={t[why]}
        text={t[`${why}Text`]}
        action={
          <div class="stack">
            <Button kind="primary" wide onClick={() => location.reload()}>
              {t.again}
            </Button>
            {why !== "full" && (
              <Button wide busy={busy} onClick={() => void anew()}>
                {t.anew}
              </Button>
            )}
          </div>
        }
      />
    </main>
  );
}
