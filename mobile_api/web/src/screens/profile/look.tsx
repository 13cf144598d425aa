/** Language and look: the one on all devices, the other on this one. */

import { Card, Choice } from "@ui/parts";
import { LANGUAGES, type Language, useLanguage, useTexts } from "@ui/texts";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../../app/hooks";
import { chooseLook, chosenLook, LOOKS, type Look as Shown } from "../../app/look";
import { Screen } from "../../app/screen";
import { texts } from "./texts";

/** Each language in its own words: who cannot read the page finds theirs. */
const NAMES: Record<Language, string> = { en: "English", fr: "Français" };

export default function Look() {
  const t = useTexts(texts);
  return (
    <Screen title={t.look} up="/me">
      <Languages />
      <Themes />
    </Screen>
  );
}

function Languages() {
  const t = useTexts(texts);
  const app = useApp();
  const language = useLanguage();
  return (
    <Card>
      <Choice<Language>
        label={t.language}
        value={language}
        options={LANGUAGES.map((value) => ({ value, label: <span lang={value}>{NAMES[value]}</span> }))}
        onChange={(value) => app.mutate("profile.set", { field: "locale", value })}
      />
      <p class="quiet-text">{t.languageText}</p>
    </Card>
  );
}

function Themes() {
  const t = useTexts(texts);
  const { keeping } = useApp();
  const [look, setLook] = useState<Shown | null>(null);
  useEffect(() => void chosenLook(keeping).then(setLook), [keeping]);
  return (
    <Card>
      <Choice<Shown>
        label={t.theme}
        value={look}
        options={LOOKS.map((value) => ({ value, label: t.themes[value] }))}
        onChange={(value) => {
          setLook(value);
          void chooseLook(keeping, value);
        }}
      />
      <p class="quiet-text">{t.themeText}</p>
    </Card>
  );
}
