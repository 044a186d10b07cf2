/** What pages give to the key store and get from it. */
import type { Bytes } from "../bytes.ts";
import type { KeyType } from "../keys.ts";
import type { PfxOptions } from "../pfx/write.ts";
import type { Certificate } from "../x509.ts";
import type { Expectation } from "./checks.ts";
import type { KeyRecord, SecurityMode } from "./records.ts";
import type { ShareService } from "./shares.ts";

/** Whose keys, in which login session. */
export interface KeyStoreOptions {
  /** The centre's opaque reference to the customer. */
  readonly customer: string;
  /** An opaque id of the login session: another one ends what mode 2 keeps. */
  readonly session: string;
  /** The session's absolute end, if the page knows it. */
  readonly sessionEnds?: Date;
  readonly shares: ShareService;
  /** The server's time where it is known; the page's clock otherwise. */
  readonly now?: () => Date;
  /** PBKDF2's count, 600,000 at least. */
  readonly iterations?: number;
  readonly localStorage?: Storage;
}

/** A key as pages see it. */
export interface KeyEntry extends Omit<KeyRecord, "wrapped" | "nextWrapped" | "certificate" | "chain"> {
  readonly certificate: Certificate | undefined;
  readonly chain: readonly Certificate[];
}

export interface NewKey {
  readonly type: KeyType;
  readonly password: string;
  readonly requestUuid: string;
  readonly securityMode: SecurityMode;
  /** The id of the key that this one renews. */
  readonly replaces?: string;
}

export interface Installation {
  readonly certificate: Bytes;
  /** Issuing CA first. */
  readonly chain: readonly Bytes[];
  readonly expected: Omit<Expectation, "now">;
  /** Needed if the page was loaded anew since the key was made (repair). */
  readonly password?: string;
}

export interface Import {
  /** The certificate password that locks the key here: usually the one of the file. */
  readonly password: string;
  readonly securityMode: SecurityMode;
  readonly expected: Omit<Expectation, "now">;
}

export interface Export extends PfxOptions {
  readonly password: string;
  readonly newPassword: string;
  /** The file's stem. */
  readonly friendlyName: string;
  /** False where the file does not stay with the customer as a backup (upload to a phone). Default true. */
  readonly isBackup?: boolean;
}
