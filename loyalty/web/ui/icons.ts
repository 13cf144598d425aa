/** The pictures of all faces: lucide's, as many as are used. */

import arrowLeft from "lucide-static/icons/arrow-left.svg";
import badgePercent from "lucide-static/icons/badge-percent.svg";
import bell from "lucide-static/icons/bell.svg";
import cake from "lucide-static/icons/cake.svg";
import camera from "lucide-static/icons/camera.svg";
import check from "lucide-static/icons/check.svg";
import chevronRight from "lucide-static/icons/chevron-right.svg";
import clock from "lucide-static/icons/clock.svg";
import coffee from "lucide-static/icons/coffee.svg";
import copy from "lucide-static/icons/copy.svg";
import creditCard from "lucide-static/icons/credit-card.svg";
import download from "lucide-static/icons/download.svg";
import gift from "lucide-static/icons/gift.svg";
import heart from "lucide-static/icons/heart.svg";
import house from "lucide-static/icons/house.svg";
import inbox from "lucide-static/icons/inbox.svg";
import info from "lucide-static/icons/info.svg";
import key from "lucide-static/icons/key-round.svg";
import languages from "lucide-static/icons/languages.svg";
import logOut from "lucide-static/icons/log-out.svg";
import mail from "lucide-static/icons/mail.svg";
import mapPin from "lucide-static/icons/map-pin.svg";
import minus from "lucide-static/icons/minus.svg";
import pencil from "lucide-static/icons/pencil.svg";
import plus from "lucide-static/icons/plus.svg";
import printer from "lucide-static/icons/printer.svg";
import qrCode from "lucide-static/icons/qr-code.svg";
import receipt from "lucide-static/icons/receipt-text.svg";
import refresh from "lucide-static/icons/refresh-cw.svg";
import scan from "lucide-static/icons/scan-line.svg";
import search from "lucide-static/icons/search.svg";
import settings from "lucide-static/icons/settings.svg";
import share from "lucide-static/icons/share-2.svg";
import shield from "lucide-static/icons/shield-check.svg";
import shoppingBag from "lucide-static/icons/shopping-bag.svg";
import smartphone from "lucide-static/icons/smartphone.svg";
import sparkles from "lucide-static/icons/sparkles.svg";
import star from "lucide-static/icons/star.svg";
import store from "lucide-static/icons/store.svg";
import ticket from "lucide-static/icons/ticket.svg";
import trash from "lucide-static/icons/trash-2.svg";
import triangleAlert from "lucide-static/icons/triangle-alert.svg";
import trophy from "lucide-static/icons/trophy.svg";
import user from "lucide-static/icons/user-round.svg";
import users from "lucide-static/icons/users-round.svg";
import wallet from "lucide-static/icons/wallet.svg";
import wifiOff from "lucide-static/icons/wifi-off.svg";
import x from "lucide-static/icons/x.svg";

const pictures = {
  "arrow-left": arrowLeft,
  "badge-percent": badgePercent,
  bell,
  cake,
  camera,
  check,
  "chevron-right": chevronRight,
  clock,
  coffee,
  copy,
  "credit-card": creditCard,
  download,
  gift,
  heart,
  house,
  inbox,
  info,
  key,
  languages,
  "log-out": logOut,
  mail,
  "map-pin": mapPin,
  minus,
  pencil,
  plus,
  printer,
  "qr-code": qrCode,
  receipt,
  refresh,
  scan,
  search,
  settings,
  share,
  shield,
  "shopping-bag": shoppingBag,
  smartphone,
  sparkles,
  star,
  store,
  ticket,
  trash,
  "triangle-alert": triangleAlert,
  trophy,
  user,
  users,
  wallet,
  "wifi-off": wifiOff,
  x,
};

export type IconName = keyof typeof pictures;

/** What is inside of each picture; the build takes off the frame, which is ours. */
export const ICONS: Record<IconName, string> = pictures;
