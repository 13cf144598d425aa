/** Deleting the account: what happens to points, money and the books is said before, and the word is typed by hand. */

import { money, points } from "@ui/format";
import { Button, Field, Note, Sheet, Switch } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import { useApp, useDoc, useProgram } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import type { Balance, WalletDoc } from "../../app/wire";
import { texts } from "./texts";

export function Delete({ onClose }: { onClose: () => void }) {
  const t = useTexts(texts);
  const app = useApp();
  const currency = useProgram()?.currency ?? "USD";
  const wallet = useDoc<WalletDoc>("wallet")?.balance_minor ?? 0;
  const [forfeit, setForfeit] = useState(false);
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const isSure = typed.trim().toLocaleUpperCase() === t.word && (wallet === 0 || forfeit);
  const leave = async () => {
    setBusy(true);
    const answer = await app.leave(forfeit);
    if (answer.ok) return;
    setBusy(false);
    const own = { wallet_not_empty: t.walletNotEmpty, holds_open: t.holdsOpen };
    setProblem(sentence(answer.problem, currency, own));
  };
  return (
    <Sheet title={t.delete} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (isSure && !busy) void leave();
        }}
      >
        <Consequences wallet={wallet} currency={currency} />
        {wallet > 0 && (
          <Switch label={t.forfeit(money(wallet, currency))} checked={forfeit} onChange={setForfeit} />
        )}
        <Field label={t.type(t.word)} value={typed} autoComplete="off" onInput={setTyped} />
        {problem && <Note kind="bad">{problem}</Note>}
        <Button kind="danger" type="submit" wide busy={busy} disabled={!isSure}>
          {t.now}
        </Button>
        <Button kind="quiet" wide onClick={onClose}>
          {t.keep}
        </Button>
      </form>
    </Sheet>
  );
}

function Consequences({ wallet, currency }: { wallet: number; currency: string }) {
  const t = useTexts(texts);
  const name = useProgram()?.points.name;
  const milli = useDoc<Balance>("balance")?.points_milli ?? 0;
  return (
    <>
      <h3>{t.happens}</h3>
      <ul class="reasons">
        <li>{milli > 0 ? t.points(points(milli, name)) : t.noPoints}</li>
        <li>{wallet > 0 ? t.wallet(money(wallet, currency)) : t.noWallet}</li>
        <li>{t.holds}</li>
        <li>{t.person}</li>
        <li>{t.ledger}</li>
        <li>{t.again}</li>
      </ul>
    </>
  );
}
