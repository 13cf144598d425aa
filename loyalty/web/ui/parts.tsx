/** What pages are put together from: buttons, cards, rows, fields, sheets. Their looks are in parts.css. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { ICONS, type IconName } from "./icons";
import { both, useTexts } from "./texts";

const texts = both({
  en: { close: "Close", less: "One less", more: "One more", working: "Working…" },
  fr: { close: "Fermer", less: "Un de moins", more: "Un de plus", working: "En cours…" },
});

type Children = { children?: ComponentChildren };

/** A picture; without a label it is decoration. */
export function Icon({ name, label, size = 24 }: { name: IconName; label?: string; size?: number }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      role={label ? "img" : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : "true"}
      dangerouslySetInnerHTML={{ __html: ICONS[name] }}
    />
  );
}

interface ButtonProps extends Children {
  kind?: "primary" | "plain" | "quiet" | "danger";
  icon?: IconName;
  /** Its act is under way: shown, and it cannot be pressed again. */
  busy?: boolean;
  disabled?: boolean | undefined;
  wide?: boolean;
  type?: "button" | "submit";
  label?: string;
  onClick?: () => void;
}

export function Button(props: ButtonProps) {
  const t = useTexts(texts);
  const {
    kind = "plain",
    icon,
    busy = false,
    disabled,
    wide,
    type = "button",
    label,
    onClick,
    children,
  } = props;
  return (
    <button
      type={type}
      class={`button ${kind}${wide ? " wide" : ""}${children ? "" : " bare"}`}
      disabled={disabled}
      aria-busy={busy}
      aria-label={label}
      onClick={busy ? undefined : onClick}
    >
      {busy ? (
        <span class="spinner" role="status" aria-label={t.working} />
      ) : (
        icon && <Icon name={icon} size={20} />
      )}
      {children}
    </button>
  );
}

export function Card({ children, kind }: Children & { kind?: "hero" | "soft" }) {
  return <section class={`card ${kind ?? ""}`}>{children}</section>;
}

/** A list of rows; give it a label where no heading stands above it. */
export function Rows({ children, label }: Children & { label?: string }) {
  return (
    <ul class="rows" aria-label={label}>
      {children}
    </ul>
  );
}

interface RowProps {
  title: ComponentChildren;
  detail?: ComponentChildren;
  icon?: IconName;
  end?: ComponentChildren;
  href?: string;
  onClick?: () => void;
  /** Something new that nobody has looked at. */
  fresh?: boolean;
}

/** One line of a list: a link, a button, or neither. */
export function Row({ title, detail, icon, end, href, onClick, fresh }: RowProps) {
  const inner = (
    <>
      {icon && (
        <span class="row-icon">
          <Icon name={icon} size={22} />
        </span>
      )}
      <span class="row-text">
        <span class={fresh ? "row-title fresh" : "row-title"}>{title}</span>
        {detail !== undefined && detail !== "" && <span class="row-detail">{detail}</span>}
      </span>
      {end !== undefined && <span class="row-end">{end}</span>}
      {(href !== undefined || onClick) && <Icon name="chevron-right" size={18} />}
    </>
  );
  return (
    <li class="row">
      {href !== undefined ? (
        <a href={href} class="row-inner">
          {inner}
        </a>
      ) : onClick ? (
        <button type="button" class="row-inner" onClick={onClick}>
          {inner}
        </button>
      ) : (
        <div class="row-inner">{inner}</div>
      )}
    </li>
  );
}

interface FieldProps {
  label: string;
  value: string;
  hint?: string | undefined;
  /** A sentence beside the field: what is wrong and what would be right. */
  error?: string | null | undefined;
  onInput: (value: string) => void;
  type?: "text" | "email" | "tel" | "date" | "search";
  inputMode?: "text" | "numeric" | "decimal" | "email" | "tel";
  autoComplete?: string;
  maxLength?: number;
  placeholder?: string;
  required?: boolean;
  name?: string;
}

export function Field(props: FieldProps) {
  const { label, hint, error, value, onInput, type = "text", inputMode, ...rest } = props;
  // Preact types an input by its type; ours are all of the kind that has text.
  const kind = type as "text";
  const id = useId();
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...rest}
        type={kind}
        inputMode={inputMode}
        id={id}
        value={value}
        aria-describedby={about || undefined}
        aria-invalid={error ? "true" : undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/**
 * What a control shows: what was picked stays picked while `onChange` keeps it (where that returns a promise), though
 * something else is drawn anew meanwhile.
 */
function usePicked<T>(value: T, onChange: (value: T) => unknown): [T, (value: T) => void] {
  const [picked, setPicked] = useState<{ value: T } | null>(null);
  const pick = async (value: T) => {
    const mine = { value };
    setPicked(mine);
    try {
      await onChange(value);
    } finally {
      setPicked((now) => (now === mine ? null : now));
    }
  };
  return [picked ? picked.value : value, (value) => void pick(value)];
}

interface CheckProps {
  label: ComponentChildren;
  checked: boolean;
  disabled?: boolean;
  /** A promise says how long what was picked takes to be kept. */
  onChange: (checked: boolean) => unknown;
}

/** One of several, any number of which may be chosen. */
export function Check({ label, checked, disabled, onChange }: CheckProps) {
  const [isChecked, pick] = usePicked(checked, onChange);
  return (
    <label class="option">
      <input
        type="checkbox"
        checked={isChecked}
        disabled={disabled}
        onChange={(event) => pick(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

interface SwitchProps {
  label: string;
  detail?: string;
  checked: boolean;
  disabled?: boolean;
  /** A promise says how long what was picked takes to be kept. */
  onChange: (checked: boolean) => unknown;
}

export function Switch({ label, detail, checked, disabled, onChange }: SwitchProps) {
  const id = useId();
  const [isChecked, pick] = usePicked(checked, onChange);
  return (
    <div class="switch-row">
      <label for={id}>
        <span class="row-title">{label}</span>
        {detail && (
          <span class="row-detail" id={`${id}-detail`}>
            {detail}
          </span>
        )}
      </label>
      <input
        id={id}
        type="checkbox"
        role="switch"
        aria-checked={isChecked}
        class="switch"
        checked={isChecked}
        disabled={disabled}
        aria-describedby={detail ? `${id}-detail` : undefined}
        onChange={(event) => pick(event.currentTarget.checked)}
      />
    </div>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T | null;
  options: readonly { value: T; label: ComponentChildren; detail?: ComponentChildren }[];
  /** Side by side instead of one under the other. */
  inline?: boolean;
  /** A promise says how long what was picked takes to be kept. */
  onChange: (value: T) => unknown;
}

/** One of a few. */
export function Choice<T extends string>({ label, value, options, inline, onChange }: ChoiceProps<T>) {
  const name = useId();
  const [shown, pick] = usePicked<T | null>(value, (next) => next !== null && onChange(next));
  return (
    <fieldset class={inline ? "choice inline" : "choice"}>
      <legend>{label}</legend>
      {options.map((option) => (
        <label key={option.value} class="option">
          <input
            type="radio"
            name={name}
            checked={option.value === shown}
            onChange={() => pick(option.value)}
          />
          <span class="option-text">{option.label}</span>
          {option.detail !== undefined && <span class="option-detail">{option.detail}</span>}
        </label>
      ))}
    </fieldset>
  );
}

interface StepperProps {
  label: string;
  value: number;
  least?: number;
  most?: number;
  onChange: (value: number) => void;
}

/** How many pieces. */
export function Stepper({ label, value, least = 1, most = 99, onChange }: StepperProps) {
  const t = useTexts(texts);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend on screen
    <div class="stepper" role="group" aria-label={label}>
      <Button icon="minus" label={t.less} disabled={value <= least} onClick={() => onChange(value - 1)} />
      <output aria-live="polite">{value}</output>
      <Button icon="plus" label={t.more} disabled={value >= most} onClick={() => onChange(value + 1)} />
    </div>
  );
}

/** A sheet over the page: the browser's own dialog, so that Escape, focus and screen readers are right. */
export function Sheet({ title, onClose, children }: Children & { title: string; onClose: () => void }) {
  const t = useTexts(texts);
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={dialog}
      class="sheet"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="sheet-inner">
        <header class="sheet-head">
          <h2 id={id}>{title}</h2>
          <Button kind="quiet" icon="x" label={t.close} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  text?: string;
  action?: ComponentChildren;
}

/** What stands where nothing is yet. */
export function Empty({ icon, title, text, action }: EmptyProps) {
  return (
    <div class="empty">
      <Icon name={icon} size={40} />
      <p class="empty-title">{title}</p>
      {text && <p>{text}</p>}
      {action}
    </div>
  );
}

/** Lines that stand where something is on its way. */
export function Skeleton({ lines = 3, label }: { lines?: number; label: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, place) => (
        <span key={place} />
      ))}
    </div>
  );
}

/** A sentence that must be noticed. */
export function Note({
  kind = "info",
  icon,
  children,
}: Children & { kind?: "info" | "good" | "warn" | "bad"; icon?: IconName }) {
  return (
    <div class={`note ${kind}`} role={kind === "bad" ? "alert" : undefined}>
      <Icon
        name={
          icon ?? (kind === "bad" || kind === "warn" ? "triangle-alert" : kind === "good" ? "check" : "info")
        }
        size={20}
      />
      <div>{children}</div>
    </div>
  );
}

/** How far something is. */
export function Meter({ value, most, label }: { value: number; most: number; label: string }) {
  const share = most > 0 ? Math.min(1, value / most) : 0;
  return (
    <svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="meter-all" width="100" height="4" rx="2" />
      <rect class="meter-done" width={share * 100} height="4" rx="2" />
    </svg>
  );
}
