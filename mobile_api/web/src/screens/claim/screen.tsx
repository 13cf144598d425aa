/** Claim a forgotten visit: scan or type the receipt's code, and see what it brought and why. */

import { Button, Card, Field, Note, Skeleton } from "@ui/parts";
import { Scanner } from "@ui/scanner";
import { useTexts } from "@ui/texts";
import { useRef, useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import { useAppState } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { Screen } from "../../app/screen";
import { Claimed, type ClaimedSale } from "./claimed";
import { texts } from "./texts";

export default function Claim() {
  const t = useTexts(texts);
  const { sale, problem, isBusy, claim, clear } = useClaim();
  return (
    <Screen title={sale ? t.done : t.title} up="/receipts">
      {sale ? (
        <Claimed sale={sale} onNext={clear} />
      ) : (
        <>
          <p>{t.lead}</p>
          {isBusy && <Skeleton lines={1} label={t.checking} />}
          <Ways isBusy={isBusy} problem={problem} onCode={claim} />
        </>
      )}
    </Screen>
  );
}

interface WaysProps {
  isBusy: boolean;
  problem: string | null;
  onCode: (text: string) => void;
}

/** Two ways to bring the code here: the camera, and the keys. */
function Ways({ isBusy, problem, onCode }: WaysProps) {
  const t = useTexts(texts);
  const app = useAppState();
  const [isScanning, setScanning] = useState(false);
  const [code, setCode] = useState(linked);
  const isTyped = code.trim().length > 0;
  const scanned = (text: string) => {
    setScanning(false);
    setCode("");
    onCode(codeIn(text));
  };
  if (!app.health.online) return <Note kind="warn">{t.offline}</Note>;
  return (
    <>
      {problem && !isTyped && <Note kind="bad">{problem}</Note>}
      {isScanning && !isBusy && <Scanner onCode={scanned} />}
      <Button
        kind={isScanning ? "plain" : "primary"}
        icon="camera"
        wide
        onClick={() => setScanning(!isScanning)}
      >
        {isScanning ? t.stop : t.scan}
      </Button>
      <Card>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            onCode(codeIn(code));
          }}
        >
          <Field
            label={t.typed}
            hint={t.typedHint}
            error={isTyped ? problem : null}
            value={code}
            name="receipt"
            autoComplete="off"
            maxLength={400}
            onInput={setCode}
          />
          <Button type="submit" wide busy={isBusy} disabled={!isTyped}>
            {t.claim}
          </Button>
        </form>
      </Card>
    </>
  );
}

/** A receipt may show a link with the code in it; what follows is the code itself. */
function codeIn(text: string): string {
  return text.match(/[?&#]receipt=([\w-]+)/)?.[1] ?? text.trim();
}

/** Whoever scanned such a link with the phone's own camera comes here with it. */
const linked = (): string => new URLSearchParams(location.search).get("receipt") ?? "";

function useClaim() {
  const t = useTexts(texts);
  const app = useAppState();
  const [sale, setSale] = useState<ClaimedSale | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isAsking = useRef(false);
  const claim = async (receipt: string) => {
    if (isAsking.current) return;
    isAsking.current = true;
    setBusy(true);
    setProblem(null);
    const answer = await app.once<ClaimedSale>("claim", "/claims", { receipt });
    isAsking.current = false;
    setBusy(false);
    if (answer.ok) setSale(answer.data);
    else setProblem(told(answer.problem, t));
  };
  return { sale, problem, isBusy, claim, clear: () => setSale(null) };
}

function told(problem: Problem, t: typeof texts.en): string {
  return sentence(problem, "", {
    offline: t.lost,
    code_invalid: t.code_invalid,
    code_too_long: t.code_invalid,
    code_mistyped: t.code_invalid,
    code_forged: t.code_forged,
    claim_expired: t.claim_expired,
    claim_too_late: t.tooLate(t.hours(Number(problem.hours ?? 0))),
    receipt_already_claimed: t.taken,
    claim_taken: t.taken,
    sale_not_found: t.sale_not_found,
    member_blocked: t.member_blocked,
  });
}
