/** The six digits that were sent to an address. */

import { Field } from "@ui/parts";
import { both, useTexts } from "@ui/texts";

const texts = both({ en: { code: "Code" }, fr: { code: "Code" } });

interface CodeFieldProps {
  value: string;
  error: string | null;
  onInput: (digits: string) => void;
}

export function CodeField({ value, error, onInput }: CodeFieldProps) {
  const t = useTexts(texts);
  return (
    <Field
      label={t.code}
      value={value}
      error={error}
      inputMode="numeric"
      autoComplete="one-time-code"
      name="code"
      maxLength={6}
      onInput={(typed) => onInput(typed.replace(/\D/g, ""))}
    />
  );
}
