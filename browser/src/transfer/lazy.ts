/** HPKE and QR codes are loaded by the pages that need them, when they need them. */
import type * as Hpke from "./hpke.ts";
import type * as Qr from "./qr.ts";

export const loadHpke = (): Promise<typeof Hpke> => import("./hpke.ts");
export const loadQr = (): Promise<typeof Qr> => import("./qr.ts");
