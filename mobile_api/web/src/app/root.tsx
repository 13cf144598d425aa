/** Which screen is shown: by path, behind sign-in where it is a member's. */

import { Skeleton } from "@ui/parts";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import Home from "../screens/home/screen";
import Pay from "../screens/pay/screen";
import SignIn from "../screens/sign_in/screen";
import type { App } from "./app";
import { brand } from "./brand";
import { AppContext, useAppState } from "./hooks";
import { go, matched, usePath } from "./router";
import { SCREENS } from "./screens";
import { Shell } from "./shell";

type Parts = Record<string, string>;
type Found = { Page: ComponentType<{ parts: Parts }>; parts: Parts };

/** These are here from the first moment: what a person at the till needs. */
const FIRST: Record<string, ComponentType<{ parts: Parts }>> = { "/": Home, "/pay": Pay };

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
  if (!app.isSignedIn) return <SignIn path={path} />;
  return (
    <Shell path={path}>
      <Page key={path} path={path} />
    </Shell>
  );
}

const loaded = new Map<string, ComponentType<{ parts: Parts }>>();

function Page({ path }: { path: string }) {
  const entry = Object.keys({ ...FIRST, ...SCREENS }).find((pattern) => matched(pattern, path) !== null);
  const [found, setFound] = useState<Found | null>(() => ready(entry, path));
  useEffect(() => {
    if (found !== null) return;
    if (entry === undefined) {
      go("/", { replace: true });
      return;
    }
    void SCREENS[entry]?.().then((module) => {
      loaded.set(entry, module.default);
      setFound(ready(entry, path));
    });
  }, [entry, path, found]);
  if (found === null) {
    return (
      <main class="screen" id="main">
        <Skeleton label="…" />
      </main>
    );
  }
  return <found.Page parts={found.parts} />;
}

function ready(entry: string | undefined, path: string): Found | null {
  const Page = entry === undefined ? undefined : (FIRST[entry] ?? loaded.get(entry));
  const parts = entry === undefined ? null : matched(entry, path);
  return Page === undefined || parts === null ? null : { Page, parts };
}
