/**
 * The language of a page, and tables of texts in it.
 *
 * A screen's texts stand beside it as `both({ en: {…}, fr: {…} })`: a text that is missing in one language does not
 * compile. What changes with a number or a name is a function.
 */

import { useEffect, useState } from "preact/hooks";

export type Language = "en" | "fr";
export const LANGUAGES: readonly Language[] = ["en", "fr"];

/** A text of the program, by language: `{"en": "Green", "fr": "Vert"}`. */
export type Words = Partial<Record<string, string>> | string | null | undefined;

type Same<T> = { [K in keyof T]: T[K] extends string ? string : T[K] };

export interface Both<T> {
  en: T;
  fr: Same<T>;
}

/** Declare a table of texts in both languages. */
export function both<T>(table: Both<T>): Both<T> {
  return table;
}

let locale = matching(navigator.languages);
const listeners = new Set<() => void>();

function matching(wanted: readonly string[]): string {
  return wanted.find((each) => LANGUAGES.includes(languageOf(each))) ?? "en";
}

function languageOf(tag: string): Language {
  return tag.toLowerCase().startsWith("fr")
    ? "fr"
    : tag.toLowerCase().startsWith("en")
      ? "en"
      : ("" as Language);
}

/** The locale of money and dates, such as `fr-CA`. */
export function currentLocale(): string {
  return locale;
}

export function currentLanguage(): Language {
  return languageOf(locale) || "en";
}

/** Speak another language from now on; a language without a country keeps the browser's country. */
export function speak(tag: string): void {
  const finer = navigator.languages.find((each) => each.toLowerCase().startsWith(`${tag.toLowerCase()}-`));
  const next = LANGUAGES.includes(languageOf(tag)) ? (finer ?? tag) : matching(navigator.languages);
  if (next === locale) return;
  locale = next;
  document.documentElement.lang = next;
  for (const listener of [...listeners]) listener();
}

document.documentElement.lang = locale;

/** Redraw when the language changes, and return it. */
export function useLanguage(): Language {
  const [, redraw] = useState({});
  useEffect(() => {
    const listener = () => redraw({});
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return currentLanguage();
}

/** Return the texts of a table in the page's language. */
export function useTexts<T>(table: Both<T>): T {
  return table[useLanguage()] as T;
}

/** Return a text of the program in the page's language, else in English, else in any. */
export function words(given: Words): string {
  if (given === null || given === undefined) return "";
  if (typeof given === "string") return given;
  return given[currentLanguage()] ?? given.en ?? Object.values(given)[0] ?? "";
}

/** Choose by number, as the language counts: `counted(n, "star", "stars")`. */
export function counted(n: number, one: string, other: string): string {
  return new Intl.PluralRules(currentLocale()).select(n) === "one" ? one : other;
}
