/** Filling the wallet from a card: how much, from which, and what became of it. */

import { money } from "@ui/format";
import { Button, Card, Choice, Field, Icon, Note } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import { href } from "../../app/router";
import { asWritten, offered, room, written } from "./amount";
import { CardPage } from "./card_page";
import { CardPick, usePick } from "./card_pick";
import { ChallengeSheet } from "./challenge";
import type { useTopUp } from "./paying";
import { told } from "./refusals";
import type { Visit } from "./returning";
import { texts } from "./texts";
import type { Wallet } from "./wire";

interface TopUpProps {
  wallet: Wallet;
  topUp: ReturnType<typeof useTopUp>;
  visit: Visit;
  onCards: () => void;
}

export function TopUpCard({ wallet, topUp, visit, onCards }: TopUpProps) {
  const t = useTexts(texts);
  const { stage } = topUp;
  return (
    <Card>
      <div class="stack">
        <h2 class="first">{t.topUp}</h2>
        {wallet.is_test && <Note icon="info">{t.test}</Note>}
        {stage.kind === "unknown" ? (
          <Unknown stage={stage} topUp={topUp} currency={wallet.currency} />
        ) : stage.kind === "done" ? (
          <Done amountMinor={stage.amount_minor} wallet={wallet} back={visit.back} onAgain={topUp.clear} />
        ) : stage.kind === "later" ? (
          <>
            <Note>{t.later}</Note>
            <Button onClick={topUp.clear}>{t.fine}</Button>
          </>
        ) : wallet.provider === null ? (
          <Note>{t.noProvider}</Note>
        ) : (
          <Form wallet={wallet} topUp={topUp} visit={visit} onCards={onCards} />
        )}
      </div>
    </Card>
  );
}

function Form({ wallet, topUp, visit, onCards }: TopUpProps) {
  const t = useTexts(texts);
  const pick = usePick(wallet);
  const amount = useAmount(wallet, visit.amountMinor);
  const isBusy = topUp.stage.kind === "asking" || pick.card.stage.kind === "asking";
  const problem = topUp.problem ?? pick.card.problem;
  const start = () => {
    const { minor } = amount;
    if (minor === null) return;
    void pick.use((method) => {
      onCards();
      void topUp.pay({ amount_minor: minor, method });
    });
  };
  if (room(wallet) < wallet.top_up_min_minor) {
    return <Note>{t.full(money(wallet.limit_minor, wallet.currency))}</Note>;
  }
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <Amount wallet={wallet} amount={amount} />
      <CardPick wallet={wallet} pick={pick} />
      {problem && <Note kind="bad">{told(problem, wallet.currency)}</Note>}
      {pick.method === null ? (
        <CardPage
          currency={wallet.currency}
          amountMinor={amount.minor}
          isWaiting={visit.card.kind === "asking"}
        />
      ) : (
        <Button kind="primary" type="submit" wide busy={isBusy} disabled={amount.minor === null}>
          {amount.minor === null ? t.topUp : t.topUpBy(money(amount.minor, wallet.currency))}
        </Button>
      )}
      {pick.card.stage.kind === "challenge" && (
        <ChallengeSheet
          challenge={pick.card.stage.challenge}
          isTest={wallet.is_test}
          onAnswered={() => void pick.confirmed()}
          onClose={pick.card.clear}
        />
      )}
    </form>
  );
}

type Chosen = ReturnType<typeof useAmount>;

/** `first` is what was chosen before, where a page of the provider's came between. */
function useAmount(wallet: Wallet, first: number | null) {
  const t = useTexts(texts);
  const chips = offered(wallet);
  const [chip, setChip] = useState<string>(String(first ?? chips[1] ?? chips[0] ?? "other"));
  const isOffered = first === null || chips.includes(first);
  const [text, setText] = useState(isOffered ? "" : asWritten(first, wallet.currency));
  const chosen = chip === "other" || chips.includes(Number(chip)) ? chip : "other";
  const minor = chosen === "other" ? written(text, wallet.currency) : Number(chosen);
  const most = Math.min(wallet.top_up_max_minor, room(wallet));
  const amount = (value: number) => money(value, wallet.currency);
  const range = t.between(amount(wallet.top_up_min_minor), amount(most));
  const isWrong = minor !== null && (minor < wallet.top_up_min_minor || minor > most);
  const error = !text ? null : minor === null ? t.noAmount : isWrong ? range : null;
  return { chips, chip: chosen, setChip, text, setText, minor: isWrong ? null : minor, error, range };
}

function Amount({ wallet, amount }: { wallet: Wallet; amount: Chosen }) {
  const t = useTexts(texts);
  const options = [
    ...amount.chips.map((each) => ({ value: String(each), label: money(each, wallet.currency) })),
    { value: "other", label: t.other },
  ];
  return (
    <div class="even">
      <Choice label={t.amount} value={amount.chip} options={options} inline onChange={amount.setChip} />
      {amount.chip === "other" && (
        <Field
          label={t.otherAmount}
          hint={amount.range}
          error={amount.error}
          value={amount.text}
          inputMode="decimal"
          autoComplete="off"
          name="amount"
          maxLength={12}
          onInput={amount.setText}
        />
      )}
    </div>
  );
}

interface UnknownProps {
  stage: Extract<TopUpProps["topUp"]["stage"], { kind: "unknown" }>;
  topUp: TopUpProps["topUp"];
  currency: string;
}

/** No answer came: nothing else can be begun until it is asked again, or left. */
function Unknown({ stage, topUp, currency }: UnknownProps) {
  const t = useTexts(texts);
  return (
    <div class="stack" role="alert">
      <h3 class="flat">{t.unknownTitle}</h3>
      <p>{stage.amount_minor === null ? t.unknownSome : t.unknown(money(stage.amount_minor, currency))}</p>
      <Button kind="primary" wide icon="refresh" onClick={() => void stage.again()}>
        {t.askAgain}
      </Button>
      <Button kind="quiet" onClick={() => void topUp.leave()}>
        {t.leave}
      </Button>
      <p class="quiet-text">{t.left}</p>
    </div>
  );
}

interface DoneProps {
  amountMinor: number;
  wallet: Wallet;
  back: Visit["back"];
  onAgain: () => void;
}

function Done({ amountMinor, wallet, back, onAgain }: DoneProps) {
  const t = useTexts(texts);
  return (
    <section class="done" aria-live="assertive">
      <span class="done-mark">
        <Icon name="check" size={44} />
      </span>
      <p class="pay-lead" data-testid="loaded">
        {t.done(money(amountMinor, wallet.currency))}
      </p>
      {back && (
        <a class="button primary" href={href(back)}>
          {t.goBack[back]}
        </a>
      )}
      <Button onClick={onAgain}>{t.again}</Button>
    </section>
  );
}
