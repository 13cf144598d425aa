/** Invite a friend: a link, its QR code, and what became of it. */

import { Button, Card, Note, Skeleton } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useEffect, useState } from "preact/hooks";
import { useAppState } from "../../app/hooks";
import { Screen } from "../../app/screen";
import { Qr } from "../../codes/drawings";

interface Referral {
  url: string;
  code: string;
  joined: number;
  rewarded: number;
  /** What both get, in plain words. */
  thanks: string[];
}

const texts = both({
  en: {
    title: "Invite a friend",
    lead: "Let them scan this, or send them the link.",
    thanks: "What you both get",
    qr: "Your invitation as a QR code",
    share: "Share the link",
    copied: "The link is copied.",
    joined: (n: number) => (n === 1 ? "1 friend joined" : `${n} friends joined`),
    rewarded: (n: number) => (n === 1 ? "and you were thanked once." : `and you were thanked ${n} times.`),
    offline: "Your invitation is shown here as soon as there is a network.",
    message: (brand: string) => `Join me at ${brand}`,
    loading: "Preparing your invitation",
  },
  fr: {
    title: "Inviter un ami",
    lead: "Faites scanner ceci ou envoyez le lien.",
    thanks: "Ce que vous y gagnez tous les deux",
    qr: "Votre invitation en QR code",
    share: "Partager le lien",
    copied: "Le lien est copié.",
    joined: (n: number) => (n === 1 ? "1 ami a rejoint" : `${n} amis ont rejoint`),
    rewarded: (n: number) =>
      n === 1 ? "et vous avez été remercié une fois." : `et vous avez été remercié ${n} fois.`,
    offline: "Votre invitation s’affiche dès qu’il y a un réseau.",
    message: (brand: string) => `Rejoignez-moi chez ${brand}`,
    loading: "Préparation de votre invitation",
  },
});

export default function Invite() {
  const t = useTexts(texts);
  const app = useAppState();
  const [referral, setReferral] = useState<Referral | null>(null);
  useEffect(() => {
    void app.api
      .cached<Referral>("/referral", setReferral, false)
      .then((found) => found && setReferral(found));
  }, [app]);
  const share = async () => {
    if (referral === null) return;
    const brand = app.program?.program.brand?.name ?? "Regulars";
    try {
      await navigator.share({ text: t.message(brand), url: referral.url });
    } catch (error) {
      if ((error as DOMException).name === "AbortError") return;
      await navigator.clipboard.writeText(referral.url);
      say(t.copied);
    }
  };
  return (
    <Screen title={t.title} up="/rewards">
      <p>{t.lead}</p>
      {referral === null ? (
        app.health.online ? (
          <Skeleton label={t.loading} lines={4} />
        ) : (
          <Note kind="warn">{t.offline}</Note>
        )
      ) : (
        <>
          <div class="centered">
            <Qr text={referral.url} label={t.qr} level="Q" />
          </div>
          <p class="link-text">{referral.url}</p>
          <Button kind="primary" icon="share" wide onClick={() => void share()}>
            {t.share}
          </Button>
          {referral.thanks.length > 0 && (
            <>
              <h2>{t.thanks}</h2>
              <ul class="reasons">
                {referral.thanks.map((each) => (
                  <li key={each}>{each}</li>
                ))}
              </ul>
            </>
          )}
          {referral.joined > 0 && (
            <Card kind="soft">
              {t.joined(referral.joined)} {referral.rewarded > 0 && t.rewarded(referral.rewarded)}
            </Card>
          )}
        </>
      )}
    </Screen>
  );
}
