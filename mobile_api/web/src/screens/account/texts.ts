import { both } from "@ui/texts";

export const texts = both({
  en: {
    title: "Your data and account",
    export: "Take your data with you",
    exportText:
      "Everything we keep about you in one file: profile, visits, points, wallet, choices, messages. It is made now, and only you get it.",
    exportNow: "Save my data",
    saved: "Your data is saved as a file.",
    offline: "This needs a connection. Try again when you are online.",
    delete: "Delete my account",
    deleteText: "For good. It cannot be undone, by nobody.",
    begin: "Delete my account…",
    happens: "What happens",
    points: (points: string) => `You lose your ${points}: they cannot be paid out.`,
    noPoints: "You have no points to lose.",
    wallet: (money: string) =>
      `There is ${money} in your wallet. Spend it first, ask at a till to have it paid out, or give it up.`,
    noWallet: "Your wallet is empty.",
    person:
      "Your name, birthday, addresses, choices, messages, devices and passkeys are erased, and you are signed out everywhere.",
    ledger:
      "Past sales stay in the books, as the law asks, under a number that names nobody. What you bought is no longer linked to you.",
    holds: "An order or a payment that is under way must be finished first.",
    again: "You can join again later with the same address, from zero.",
    forfeit: (money: string) => `Give up the ${money} in my wallet`,
    word: "DELETE",
    type: (word: string) => `Type ${word} to confirm`,
    now: "Delete everything now",
    keep: "Keep my account",
    walletNotEmpty: "There is money in your wallet: spend it, have it paid out, or say that you give it up.",
    holdsOpen: "Something is still being paid for. Try again when it is done.",
    passes: "Wallet passes",
    passesText:
      "Your card in the phone's own wallet: it identifies you at the till also when this app is not at hand, and shows your points.",
    apple: "Add to Apple Wallet",
    google: "Add to Google Wallet",
    none: "No wallet is set up here",
    noneText: "Your code under “Pay” always works.",
    asks: "The card is bound to you. If you lose the phone, sign it out under devices.",
  },
  fr: {
    title: "Vos données et votre compte",
    export: "Emporter vos données",
    exportText:
      "Tout ce que nous gardons sur vous en un fichier : profil, visites, points, portefeuille, choix, messages. Il est créé maintenant, et vous seul le recevez.",
    exportNow: "Enregistrer mes données",
    saved: "Vos données sont enregistrées dans un fichier.",
    offline: "Il faut une connexion. Réessayez une fois en ligne.",
    delete: "Supprimer mon compte",
    deleteText: "Pour de bon. Personne ne peut revenir en arrière.",
    begin: "Supprimer mon compte…",
    happens: "Ce qui se passe",
    points: (points: string) => `Vous perdez vos ${points} : ils ne peuvent pas être payés.`,
    noPoints: "Vous n’avez pas de points à perdre.",
    wallet: (money: string) =>
      `Il y a ${money} dans votre portefeuille. Dépensez-les d’abord, demandez un remboursement à une caisse, ou renoncez-y.`,
    noWallet: "Votre portefeuille est vide.",
    person:
      "Votre nom, votre anniversaire, vos adresses, choix, messages, appareils et clés d’accès sont effacés, et vous êtes déconnecté partout.",
    ledger:
      "Les ventes passées restent dans les livres, comme la loi le demande, sous un numéro qui ne désigne personne. Vos achats ne sont plus liés à vous.",
    holds: "Une commande ou un paiement en cours doit d’abord être terminé.",
    again: "Vous pourrez revenir plus tard avec la même adresse, à partir de zéro.",
    forfeit: (money: string) => `Renoncer aux ${money} de mon portefeuille`,
    word: "SUPPRIMER",
    type: (word: string) => `Tapez ${word} pour confirmer`,
    now: "Tout supprimer maintenant",
    keep: "Garder mon compte",
    walletNotEmpty:
      "Il reste de l’argent dans votre portefeuille : dépensez-le, faites-le rembourser, ou renoncez-y.",
    holdsOpen: "Un paiement est encore en cours. Réessayez quand il sera terminé.",
    passes: "Cartes du portefeuille",
    passesText:
      "Votre carte dans le portefeuille du téléphone : elle vous identifie à la caisse même sans cette application, et montre vos points.",
    apple: "Ajouter à Apple Cartes",
    google: "Ajouter à Google Wallet",
    none: "Aucun portefeuille n’est proposé ici",
    noneText: "Votre code sous « Payer » fonctionne toujours.",
    asks: "La carte est liée à vous. Si vous perdez le téléphone, déconnectez-le sous « appareils ».",
  },
});
