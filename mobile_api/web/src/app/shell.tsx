/** What stands around every screen: the tab bar, the word about the connection, toasts, the update notice. */

import { Button, Icon } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import { say, Toasts } from "@ui/toasts";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useAppState } from "./hooks";
import { onUpdate, update } from "./install";
import { useRefusals } from "./refused";
import { href } from "./router";

const texts = both({
  en: {
    home: "Home",
    order: "Order",
    pay: "Pay",
    rewards: "Rewards",
    me: "You",
    nav: "Main",
    offline: "Offline. You can still pay with your code.",
    waiting: (n: number) => (n === 1 ? "1 change is not saved yet." : `${n} changes are not saved yet.`),
    update: "There is a new version.",
    reload: "Update",
    skip: "Skip to the content",
  },
  fr: {
    home: "Accueil",
    order: "Commander",
    pay: "Payer",
    rewards: "Cadeaux",
    me: "Vous",
    nav: "Principal",
    offline: "Hors ligne. Vous pouvez toujours payer avec votre code.",
    waiting: (n: number) =>
      n === 1
        ? "1 modification n’est pas encore enregistrée."
        : `${n} modifications ne sont pas encore enregistrées.`,
    update: "Une nouvelle version est là.",
    reload: "Mettre à jour",
    skip: "Aller au contenu",
  },
});

const TABS = [
  { path: "/", icon: "house", name: "home" },
  { path: "/order", icon: "coffee", name: "order" },
  { path: "/pay", icon: "qr-code", name: "pay" },
  { path: "/rewards", icon: "star", name: "rewards" },
  { path: "/me", icon: "user", name: "me" },
] as const;

export function Shell({ path, children }: { path: string; children: ComponentChildren }) {
  const t = useTexts(texts);
  const section = `/${path.split("/")[1] ?? ""}`;
  return (
    <div class="shell">
      <a class="skip" href="#main">
        {t.skip}
      </a>
      <Connection />
      <NewVersion />
      {children}
      <nav class="tabs" aria-label={t.nav}>
        {TABS.map((tab) => (
          <a
            key={tab.path}
            href={href(tab.path)}
            class={tab.name === "pay" ? "tab tab-pay" : "tab"}
            aria-current={tab.path === section ? "page" : undefined}
          >
            <Icon name={tab.icon} size={tab.name === "pay" ? 28 : 24} />
            <span>{t[tab.name]}</span>
          </a>
        ))}
      </nav>
      <Toasts />
      <Refused />
    </div>
  );
}

/** Say that there is no network; and when acts have been waiting for a while, how many. */
function Connection() {
  const t = useTexts(texts);
  const app = useAppState();
  const isUnheard = !app.health.online || app.health.sync.kind === "unheard";
  if (!isUnheard) return null;
  const { waiting } = app.replica;
  return (
    <div class="connection" role="status">
      <Icon name="wifi-off" size={18} />
      <span>
        {t.offline} {waiting > 0 && t.waiting(waiting)}
      </span>
    </div>
  );
}

function NewVersion() {
  const t = useTexts(texts);
  const [isThere, setThere] = useState(false);
  useEffect(() => onUpdate(() => setThere(true)), []);
  if (!isThere) return null;
  return (
    <div class="connection" role="status">
      <Icon name="sparkles" size={18} />
      <span>{t.update}</span>
      <Button kind="quiet" onClick={update}>
        {t.reload}
      </Button>
    </div>
  );
}

/** Tell what the server did not do as it was meant: once, then it is forgotten. */
function Refused() {
  useRefusals((text) => say({ text, kind: "bad" }));
  return null;
}
