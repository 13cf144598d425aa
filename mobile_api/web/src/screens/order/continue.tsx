/** What happened to the basket elsewhere: continued from another device, brought back, or ordered meanwhile. */

import { ago } from "@ui/format";
import { Button, Icon, Note } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import { useApp, useDoc, useDocs } from "../../app/hooks";
import { useBasket } from "../../app/orders";
import { href } from "../../app/router";
import { useNow } from "./stores";

const texts = both({
  en: {
    from: (device: string, when: string) => `Continue your order from ${device}, ${when}`,
    channels: { app: "your phone", web: "the web page", store: "the till", other: "another device" },
    see: "See it",
    back: "Something you took out was changed on another device, so it is back in the basket.",
    late: "Your order was placed meanwhile. What you changed afterwards is in this new basket.",
    toOrder: "See the order",
    understood: "OK",
  },
  fr: {
    from: (device: string, when: string) => `Reprenez votre commande depuis ${device}, ${when}`,
    channels: {
      app: "votre téléphone",
      web: "la page web",
      store: "la caisse",
      other: "un autre appareil",
    },
    see: "La voir",
    back: "Un article retiré a été modifié sur un autre appareil : il est de retour dans le panier.",
    late: "Votre commande est passée entre-temps. Vos modifications sont dans ce nouveau panier.",
    toOrder: "Voir la commande",
    understood: "OK",
  },
});

const LONG_AGO_MS = 24 * 3_600_000;

/** "Continue your order from kiosk, 2 min ago", when another device touched the draft last. */
export function Continue({ inBasket = false }: { inBasket?: boolean }) {
  const t = useTexts(texts);
  const app = useApp();
  const now = useNow();
  const { draft, count } = useBasket();
  const device = useDoc<{ name: string }>(`device/${draft?.touched_by ?? ""}`);
  if (draft === null || count === 0) return null;
  // What this device did and has not told yet has no channel.
  const isElsewhere = Boolean(draft.touched_on) && draft.touched_by !== app.session?.device;
  const touched = Date.parse(draft.touched_at);
  if (!isElsewhere || now + app.replica.offset - touched > LONG_AGO_MS) return null;
  const channel = t.channels[draft.touched_on as "app"] ?? t.channels.other;
  return (
    <div class="continue" role="status">
      <Icon name="smartphone" size={20} />
      <span>{t.from(device?.name || channel, ago(draft.touched_at, Math.max(now, touched)))}</span>
      {!inBasket && (
        <a class="button quiet" href={href("/order/basket")}>
          {t.see}
        </a>
      )}
    </div>
  );
}

interface NoticeDoc {
  uid: string;
  code: string;
  data: { order?: string; draft?: string };
}

/** What the server did otherwise than a person meant it, until they have seen it. */
export function Notices() {
  const t = useTexts(texts);
  const app = useApp();
  const notices = useDocs<NoticeDoc>("notice").filter(
    ([, doc]) => doc.code === "brought_back" || doc.code === "draft_submitted",
  );
  return (
    <>
      {notices.map(([entity, doc]) => (
        <Note key={entity} kind="warn">
          <p>{doc.code === "brought_back" ? t.back : t.late}</p>
          <p class="buttons">
            {doc.data.order && (
              <a class="button" href={href(`/orders/${doc.data.order}`)}>
                {t.toOrder}
              </a>
            )}
            <Button onClick={() => void app.mutate("notice.dismiss", { notice: doc.uid })}>
              {t.understood}
            </Button>
          </p>
        </Note>
      ))}
    </>
  );
}
