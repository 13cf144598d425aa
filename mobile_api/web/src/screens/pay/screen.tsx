/** Pay & collect: the code, as large and bright as can be, and what came of it. */

import { money } from "@ui/format";
import { Button, Icon, Note, Skeleton, Switch } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp, useDoc, useProgram } from "../../app/hooks";
import { Screen } from "../../app/screen";
import type { SaleDoc, WalletDoc } from "../../app/wire";
import { Bars, Qr } from "../../codes/drawings";
import { useAwake, useCode } from "../../codes/use_code";
import { Done } from "./done";
import { texts } from "./texts";

export default function Pay() {
  const t = useTexts(texts);
  const [sale, clear] = useNewSale();
  const [scanOnly, setScanOnly] = useScanOnly();
  useAwake();
  if (sale) {
    return (
      <Screen title={t.done}>
        <Done sale={sale} onNext={clear} />
      </Screen>
    );
  }
  return (
    <Screen title={t.title} hideTitle>
      <section class="pay">
        <p class="pay-lead">{t.lead}</p>
        <Code scanOnly={scanOnly} />
        <WalletLine scanOnly={scanOnly} />
        <Switch
          label={t.scanOnly}
          detail={scanOnly ? t.scanOnlyOn : t.scanOnlyOff}
          checked={scanOnly}
          onChange={setScanOnly}
        />
        <Older />
      </section>
    </Screen>
  );
}

function Code({ scanOnly }: { scanOnly: boolean }) {
  const t = useTexts(texts);
  const code = useCode(scanOnly ? "card" : "pay", scanOnly);
  if (code === null) return <Skeleton lines={4} label={t.preparing} />;
  if (code === "stale") return <Note kind="warn">{t.stale}</Note>;
  if (code === "no_key") return <Note kind="warn">{t.noKey}</Note>;
  return <Qr text={code.text} label={scanOnly ? t.scanQr : t.payQr} />;
}

function WalletLine({ scanOnly }: { scanOnly: boolean }) {
  const t = useTexts(texts);
  const program = useProgram();
  const wallet = useDoc<WalletDoc>("wallet");
  if (scanOnly) return null;
  return (
    <p class="pay-wallet">
      <Icon name="wallet" size={20} />{" "}
      {t.wallet(money(wallet?.balance_minor ?? 0, program?.currency ?? "USD"))}
    </p>
  );
}

/** The 19-digit number for scanners that read bars only. */
function Older() {
  const t = useTexts(texts);
  const [isOpen, setOpen] = useState(false);
  const code = useCode("number", isOpen);
  if (!isOpen) {
    return (
      <Button kind="quiet" onClick={() => setOpen(true)}>
        {t.older}
      </Button>
    );
  }
  if (code === null || typeof code === "string") return <Note kind="warn">{t.noKey}</Note>;
  return (
    <section class="pay-number" aria-label={t.number}>
      <Bars digits={code.text} label={t.numberBars} />
      <p class="pay-digits number" data-testid="number">
        {code.text.replace(/(\d{4})(?=\d)/g, "$1 ")}
      </p>
      <p class="quiet-text">{t.numberText}</p>
    </section>
  );
}

/** The choice lasts: who does not want to pay by code is not asked again. */
function useScanOnly(): [boolean, (value: boolean) => void] {
  const { keeping } = useApp();
  const [scanOnly, setScanOnly] = useState(false);
  useEffect(() => {
    void keeping.get("choice", "scan_only").then((value) => setScanOnly(value === true));
  }, [keeping]);
  const choose = (value: boolean) => {
    setScanOnly(value);
    void keeping.put("choice", value, "scan_only");
  };
  return [scanOnly, choose];
}

/** A sale that was not there when the code came on screen: the till has done its work. */
function useNewSale(): [SaleDoc | null, () => void] {
  const { replica } = useApp();
  const [sale, setSale] = useState<SaleDoc | null>(null);
  const known = useRef(new Set(replica.keys("sale/")));
  useEffect(
    () =>
      replica.listen(() => {
        const found = replica.keys("sale/").filter((entity) => !known.current.has(entity));
        known.current = new Set(replica.keys("sale/"));
        const newest = found.map((entity) => replica.get(entity) as unknown as SaleDoc).at(-1);
        if (newest) setSale(newest);
      }),
    [replica],
  );
  return [sale, () => setSale(null)];
}
