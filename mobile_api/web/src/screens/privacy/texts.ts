import { both } from "@ui/texts";

/**
 * Which wording the member saw; it is kept with every act. Give it another name whenever a text of `purposes`, here or
 * in the other language, means something else than before.
 */
export const TEXT_VERSION = "2026-11";

export const texts = both({
  en: {
    notifications: "Notifications",
    onDevice: "On this device",
    push: "Tell me while the app is closed",
    pushText:
      "An order that is ready, a new device on your account. Nothing else, unless you allow it below.",
    denied:
      "Notifications are blocked for this site. Allow them in the browser's settings (the sign beside the address, or the app's settings on the phone), then come back here.",
    unsupported: "This browser cannot notify you. On an iPhone, put the app on the home screen first.",
    failed: "It could not be switched on here. You find everything under messages too.",
    offline: "Switching this needs a connection.",
    allowed: "What we may write to you",
    allowedText: "Each purpose, each way. You can stop any of it here, at any time, with the same one tap.",
    channels: {
      email: "E-mail",
      sms: "Text message",
      push: "Notification",
      inbox: "Inbox of the app",
    } as Record<string, string>,
    purposes: {
      marketing: { name: "Offers and news", text: "New drinks, offers for you, events at your café." },
      insights: {
        name: "Weekly letter",
        text: "What you drank, saved and earned; once a week and once a year.",
      },
      service: {
        name: "About your account",
        text: "Points about to expire, orders, sign-ins. On until you say no, because it is about your own things.",
      },
      usual_at_till: {
        name: "Show my usual and how I take it",
        text: "The cashier can ask “the usual?” and makes it the way you like it. Favorites are shown too.",
      },
      dietary_at_till: {
        name: "Show my dietary notes",
        text: "The cashier sees what you do not eat, and can warn you.",
      },
    } as Record<string, { name: string; text: string }>,
    privacy: "What the till may see",
    always: "Always",
    alwaysText:
      "Your first name, your points, your level and what you can use: without them the till could not help you.",
    never: "Never",
    neverText: "Your last name, addresses, birthday, messages and where else you were.",
    choose: "If you allow it",
    preview: "A cashier who scans your code sees this now",
    hello: (name: string) => (name ? `First name: ${name}` : "No name"),
    points: (points: string) => `Points: ${points}`,
    usual: (text: string) => `The usual: ${text}`,
    takes: (text: string) => `Takes it: ${text}`,
    favorites: (n: number) => (n === 1 ? "1 favorite" : `${n} favorites`),
    dietary: (text: string) => `Dietary notes: ${text}`,
    nothing: "Nothing of your taste.",
    history: "What you allowed, and when",
    historyRow: "Every yes and no is kept, with the wording you saw.",
    historyEmpty: "You have not been asked anything yet.",
    historyOffline: "The history needs a connection.",
    gave: "Allowed",
    withdrew: "Stopped",
    void: "had no effect: it was stopped on another device at the same time",
    wording: (version: string) => `wording ${version}`,
    by: { app: "in the app", web: "in a browser", store: "at a till or kiosk" } as Record<string, string>,
    till: "At the till",
    again: "Try again",
  },
  fr: {
    notifications: "Notifications",
    onDevice: "Sur cet appareil",
    push: "Me prévenir quand l’application est fermée",
    pushText:
      "Une commande prête, un nouvel appareil sur votre compte. Rien d’autre, sauf si vous l’autorisez ci-dessous.",
    denied:
      "Les notifications sont bloquées pour ce site. Autorisez-les dans les réglages du navigateur (le signe à côté de l’adresse, ou les réglages de l’application sur le téléphone), puis revenez ici.",
    unsupported:
      "Ce navigateur ne peut pas vous prévenir. Sur un iPhone, ajoutez d’abord l’application à l’écran d’accueil.",
    failed: "L’activation n’a pas réussi ici. Vous trouvez aussi tout sous « messages ».",
    offline: "Il faut une connexion pour changer cela.",
    allowed: "Ce que nous pouvons vous écrire",
    allowedText: "Chaque sujet, chaque moyen. Vous pouvez tout arrêter ici, à tout moment, d’un même geste.",
    channels: {
      email: "E-mail",
      sms: "SMS",
      push: "Notification",
      inbox: "Messages de l’application",
    } as Record<string, string>,
    purposes: {
      marketing: {
        name: "Offres et nouveautés",
        text: "Nouvelles boissons, offres pour vous, événements dans votre café.",
      },
      insights: {
        name: "Lettre hebdomadaire",
        text: "Ce que vous avez bu, économisé et gagné ; une fois par semaine et une fois par an.",
      },
      service: {
        name: "À propos de votre compte",
        text: "Points qui vont expirer, commandes, connexions. Actif jusqu’à votre refus, car cela concerne vos propres affaires.",
      },
      usual_at_till: {
        name: "Montrer mes habitudes et mes goûts",
        text: "À la caisse, on peut vous proposer « comme d’habitude ? » et le préparer à votre goût. Vos favoris sont montrés aussi.",
      },
      dietary_at_till: {
        name: "Montrer mes notes alimentaires",
        text: "À la caisse, on voit ce que vous ne mangez pas, et on peut vous prévenir.",
      },
    } as Record<string, { name: string; text: string }>,
    privacy: "Ce que la caisse peut voir",
    always: "Toujours",
    alwaysText:
      "Votre prénom, vos points, votre niveau et ce que vous pouvez utiliser : sans cela, la caisse ne pourrait pas vous aider.",
    never: "Jamais",
    neverText: "Votre nom, vos adresses, votre anniversaire, vos messages et vos autres visites.",
    choose: "Si vous l’autorisez",
    preview: "À la caisse, après lecture de votre code, on voit maintenant",
    hello: (name: string) => (name ? `Prénom : ${name}` : "Aucun nom"),
    points: (points: string) => `Points : ${points}`,
    usual: (text: string) => `Comme d’habitude : ${text}`,
    takes: (text: string) => `Le prend ainsi : ${text}`,
    favorites: (n: number) => (n === 1 ? "1 favori" : `${n} favoris`),
    dietary: (text: string) => `Notes alimentaires : ${text}`,
    nothing: "Rien de vos goûts.",
    history: "Ce que vous avez autorisé, et quand",
    historyRow: "Chaque oui et chaque non est gardé, avec le texte que vous avez vu.",
    historyEmpty: "On ne vous a encore rien demandé.",
    historyOffline: "Il faut une connexion pour voir l’historique.",
    gave: "Autorisé",
    withdrew: "Arrêté",
    void: "sans effet : arrêté au même moment sur un autre appareil",
    wording: (version: string) => `texte ${version}`,
    by: { app: "dans l’application", web: "dans un navigateur", store: "à une caisse ou borne" } as Record<
      string,
      string
    >,
    till: "À la caisse",
    again: "Réessayer",
  },
});
