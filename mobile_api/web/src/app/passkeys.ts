/** Passkeys: the browser's side of WebAuthn. */

import type { Answer, Api, TokenPair } from "./api";

export type SignedIn = TokenPair & { member_id: string; joined: boolean };

export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/** Sign in with any passkey of this site; null where the person did not choose one. */
export async function signInWithPasskey(api: Api, device: object): Promise<Answer<SignedIn> | null> {
  const asked = await api.post<{ public_key: PublicKeyCredentialRequestOptionsJSON }>(
    "/auth/passkeys",
    {},
    { open: true },
  );
  if (!asked.ok) return asked;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.data.public_key);
  const credential = await chosen(navigator.credentials.get({ publicKey }));
  if (credential === null) return null;
  return api.post<SignedIn>("/auth/passkeys/sessions", { credential, device }, { open: true });
}

/** Make a passkey on this device; null where the person did not want to. */
export async function addPasskey(api: Api, name: string): Promise<Answer<unknown> | null> {
  const asked = await api.post<{ public_key: PublicKeyCredentialCreationOptionsJSON }>(
    "/passkeys/registration",
  );
  if (!asked.ok) return asked;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked.data.public_key);
  const credential = await chosen(navigator.credentials.create({ publicKey }));
  return credential === null ? null : api.post("/passkeys", { credential, name });
}

async function chosen(asking: Promise<Credential | null>): Promise<unknown> {
  try {
    const credential = await asking;
    return credential === null ? null : (credential as PublicKeyCredential).toJSON();
  } catch {
    return null; // called off, timed out, or there is none
  }
}
