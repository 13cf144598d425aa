/** The frame of a screen: its title, the way back, and where a screen reader begins. */

import { Button } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useAppState } from "./hooks";
import { back } from "./router";

const texts = both({
  en: { back: "Back" },
  fr: { back: "Retour" },
});

interface ScreenProps {
  title: string;
  /** Where "back" leads when this was the first page; a screen of the tab bar has none. */
  up?: string;
  actions?: ComponentChildren;
  children?: ComponentChildren;
  /** The title is there for screen readers only: the screen shows something better. */
  hideTitle?: boolean;
}

export function Screen({ title, up, actions, hideTitle, children }: ScreenProps) {
  const t = useTexts(texts);
  const app = useAppState();
  const heading = useRef<HTMLHeadingElement>(null);
  const brand = app.program?.program.brand?.name ?? "Regulars";
  useEffect(() => {
    document.title = `${title} · ${brand}`;
  }, [title, brand]);
  useEffect(() => {
    // Somebody who hears the page must hear that it is another one.
    if (history.state?.inside) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <main class="screen" id="main">
      <header class={hideTitle && up === undefined && !actions ? "screen-head bare" : "screen-head"}>
        {up !== undefined && (
          <Button kind="quiet" icon="arrow-left" label={t.back} onClick={() => back(up)} />
        )}
        <h1 ref={heading} tabIndex={-1} class={hideTitle ? "hidden" : ""}>
          {title}
        </h1>
        {actions}
      </header>
      {children}
    </main>
  );
}
