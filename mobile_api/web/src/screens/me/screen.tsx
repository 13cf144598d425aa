/** You: everything that is about the person, in one calm list. */

import { date } from "@ui/format";
import { Button, Icon, Row, Rows } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useEffect, useState } from "preact/hooks";
import { isInstalled, systemName } from "../../app/device";
import { useAppState, useDoc, useDocs } from "../../app/hooks";
import { install, onInstallable } from "../../app/install";
import { href } from "../../app/router";
import { Screen } from "../../app/screen";
import type { MessageDoc, Profile } from "../../app/wire";
import { usePasses } from "../account/offered";
import { SignOut } from "./sign_out";
import { texts } from "./texts";

export default function Me() {
  const t = useTexts(texts);
  const [isLeaving, setLeaving] = useState(false);
  return (
    <Screen title={t.title}>
      <Person />
      <Yours />
      <Choices />
      <TheApp />
      <Button icon="log-out" wide onClick={() => setLeaving(true)}>
        {t.signOut}
      </Button>
      <Foot />
      {isLeaving && <SignOut onClose={() => setLeaving(false)} />}
    </Screen>
  );
}

function Person() {
  const t = useTexts(texts);
  const profile = useDoc<Profile>("profile");
  const name = [profile?.given_name, profile?.family_name].filter(Boolean).join(" ");
  return (
    <a class="card person" href={href("/me/profile")}>
      <span class="person-mark" aria-hidden="true">
        {name ? [...name][0]?.toLocaleUpperCase() : <Icon name="user" size={26} />}
      </span>
      <span class="row-text">
        <strong class="person-name">{name || t.nameless}</strong>
        {profile && <span class="row-detail">{t.since(date(profile.joined_at, "month"))}</span>}
      </span>
      <Icon name="chevron-right" size={18} />
    </a>
  );
}

function Yours() {
  const t = useTexts(texts);
  const fresh = useDocs<MessageDoc>("message").filter(([, doc]) => doc.read_at === null).length;
  const devices = useDocs("device").length;
  return (
    <>
      <h2>{t.yours}</h2>
      <Rows label={t.yours}>
        <Row icon="coffee" title={t.taste} detail={t.tasteText} href={href("/me/taste")} />
        <Row icon="inbox" title={t.inbox} detail={t.fresh(fresh)} fresh={fresh > 0} href={href("/inbox")} />
        <Row
          icon="smartphone"
          title={t.devices}
          detail={t.devicesText(devices || 1)}
          href={href("/devices")}
        />
      </Rows>
    </>
  );
}

function Choices() {
  const t = useTexts(texts);
  return (
    <>
      <h2>{t.choices}</h2>
      <Rows label={t.choices}>
        <Row
          icon="bell"
          title={t.notifications}
          detail={t.notificationsText}
          href={href("/me/notifications")}
        />
        <Row icon="shield" title={t.privacy} detail={t.privacyText} href={href("/me/privacy")} />
        <Row icon="languages" title={t.look} href={href("/me/look")} />
      </Rows>
    </>
  );
}

function TheApp() {
  const t = useTexts(texts);
  const passes = usePasses();
  const [canInstall, setInstall] = useState(false);
  useEffect(() => onInstallable(() => setInstall(true)), []);
  const byHand = !canInstall && !isInstalled() && ["iPhone", "iPad"].includes(systemName());
  return (
    <>
      <h2>{t.app}</h2>
      <Rows label={t.app}>
        {(passes?.apple || passes?.google) && (
          <Row icon="credit-card" title={t.passes} detail={t.passesText} href={href("/me/passes")} />
        )}
        {canInstall && (
          <Row
            icon="download"
            title={t.install}
            detail={t.installText}
            onClick={() => void install().then(() => setInstall(false))}
          />
        )}
        {byHand && <Row icon="download" title={t.install} detail={t.installHow} />}
        <Row icon="info" title={t.program} detail={t.programText} href="/program" />
        <Row icon="settings" title={t.account} detail={t.accountText} href={href("/me/account")} />
      </Rows>
    </>
  );
}

function Foot() {
  const t = useTexts(texts);
  const { program } = useAppState();
  if (program === null) return null;
  return (
    <p class="quiet-text me-foot" data-testid="version">
      {t.version(words(program.program.name), program.version)}
    </p>
  );
}
