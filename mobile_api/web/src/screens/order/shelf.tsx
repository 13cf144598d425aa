/** The menu by category: chips that stay in sight, and tell where one is. */

import { useTexts, words } from "@ui/texts";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Menu } from "../../app/menu";
import { Cards } from "./cards";
import { texts } from "./texts";

/** The part of the screen in which a heading counts as "here": below the chips, in the upper third. */
const HERE = "-130px 0px -60% 0px";

export function Shelf({ menu }: { menu: Menu }) {
  const sections = menu.categories.flatMap((category) => {
    const products = menu.products.filter((each) => each.category === category.key);
    return products.length ? [{ category, products }] : [];
  });
  const keys = sections.map(({ category }) => category.key);
  const [here, setHere] = useSpy(keys);
  return (
    <>
      <Chips
        chips={sections.map(({ category }) => ({ key: category.key, name: words(category.name) }))}
        here={here}
        onPick={(key) => {
          setHere(key);
          document.getElementById(`shelf-${key}`)?.scrollIntoView({ block: "start", behavior: "smooth" });
        }}
      />
      {sections.map(({ category, products }) => (
        <section key={category.key} id={`shelf-${category.key}`} data-shelf={category.key} class="shelf">
          <h2 id={`shelf-name-${category.key}`}>{words(category.name)}</h2>
          <Cards menu={menu} products={products} label={words(category.name)} />
        </section>
      ))}
    </>
  );
}

interface ChipsProps {
  chips: { key: string; name: string }[];
  here: string | undefined;
  onPick: (key: string) => void;
}

function Chips({ chips, here, onPick }: ChipsProps) {
  const t = useTexts(texts);
  const strip = useRef<HTMLElement>(null);
  useEffect(() => {
    // Only the strip itself moves: the page stays where the person has put it.
    const chip = strip.current?.querySelector<HTMLElement>("[aria-current]");
    if (chip && strip.current)
      strip.current.scrollLeft = chip.offsetLeft - (strip.current.clientWidth - chip.offsetWidth) / 2;
  }, [here]);
  return (
    <nav class="chips" aria-label={t.categories} ref={strip}>
      {chips.map((chip) => (
        <button
          key={chip.key}
          type="button"
          class="chip"
          aria-current={chip.key === here ? "true" : undefined}
          onClick={() => onPick(chip.key)}
        >
          {chip.name}
        </button>
      ))}
    </nav>
  );
}

/** Tell which section is being looked at. */
function useSpy(keys: string[]): [string | undefined, (key: string) => void] {
  const [here, setHere] = useState(keys[0]);
  const joined = keys.join();
  useEffect(() => {
    const seen = new Set<string>();
    const observer = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          const key = (entry.target as HTMLElement).dataset.shelf ?? "";
          if (entry.isIntersecting) seen.add(key);
          else seen.delete(key);
        }
        const first = joined.split(",").find((key) => seen.has(key));
        if (first !== undefined) setHere(first);
      },
      { rootMargin: HERE },
    );
    for (const section of document.querySelectorAll("[data-shelf]")) observer.observe(section);
    return () => observer.disconnect();
  }, [joined]);
  return [here, setHere];
}
