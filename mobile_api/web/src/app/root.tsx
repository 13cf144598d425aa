/** Which screen is shown: by path, behind sign-in where it is a member's. */

import { Button, Empty, Skeleton } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import Home from "../screens/home/screen";
import SignIn from "../screens/sign_in/screen";
import type { App } from "./app";
import { brand } from "./brand";
import { AppContext, useAppState } from "./hooks";
import { go, matched, usePath } from "./router";
import { SCREENS } from "./screens";
import { Shell } from "./shell";

type Parts = Record<string, string>;
type Found = { Page: ComponentType<{ parts: Parts }>; parts: Parts };

/** This one is here from the first moment. */
const FIRST: Record<string, ComponentType<{ parts: Parts }>> = { "/": Home };
/** This one comes right behind it: who stands at the till does not wait. */
const NEXT = "/pay";

const texts = both({
  en: {
    title: "This page did not load",
    text: "Without a network only what was kept before can be opened.",
    again: "Try again",
  },
  fr: {
    title: "Cette page n’a pas pu être chargée",
    text: "Sans réseau, seul ce qui a été gardé auparavant s’ouvre.",
    again: "Réessayer",
  },
});

export function Root({ app }: { app: App }) {
  return (
    <AppContext.Provider value={app}>
      <Chosen />
    </AppContext.Provider>
  );
}

function Chosen() {
  const app = useAppState();
  const path = usePath();
  useEffect(() => brand(app.program), [app.program]);
  useEffect(() => {
    if (app.isSignedIn) load(NEXT).catch(() => {}); // asked for again when it is gone to
  }, [app.isSignedIn]);
  if (app.isLeaving) return null;
  if (!app.isSignedIn) return <SignIn path={path} />;
  return (
    <Shell path={path}>
      <Page key={path} path={path} />
    </Shell>
  );
}

const loaded = new Map<string, ComponentType<{ parts: Parts }>>();

async function load(entry: string): Promise<void> {
  const module = await SCREENS[entry]?.();
  if (module) loaded.set(entry, module.default);
}

function Page({ path }: { path: string }) {
  const entry = Object.keys({ ...FIRST, ...SCREENS }).find((pattern) => matched(pattern, path) !== null);
  const [found, setFound] = useState<Found | null>(() => ready(entry, path));
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    if (found !== null) return;
    if (entry === undefined) {
      go("/", { replace: true });
      return;
    }
    load(entry).then(
      () => setFound(ready(entry, path)),
      () => setMissing(true),
    );
  }, [entry, path, found]);
  if (isMissing) return <Missing />;
  if (found === null) {
    return (
      <main class="screen" id="main">
        <Skeleton label="…" />
      </main>
    );
  }
  return <found.Page parts={found.parts} />;
}

/** Neither kept here nor heard of from the server: loading the app anew gets both, and the newest of it. */
function Missing() {
  const t = useTexts(texts);
  return (
    <main class="screen" id="main">
      <h1 class="hidden">{t.title}</h1>
      <Empty
        icon="wifi-off"
        title={t.title}
        text={t.text}
        action={<Button onClick={() => location.reload()}>{t.again}</Button>}
      />
    </main>
  );
}

function ready(entry: string | undefined, path: string): Found | null {
  const Page = entry === undefined ? undefined : (FIRST[entry] ?? loaded.get(entry));
  const parts = entry === undefined ? null : matched(entry, path);
  return Page === undefined || parts === null ? null : { Page, parts };
}
