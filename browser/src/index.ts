/** Everything that pages use. README.md shows how. */
export {
  Api,
  ApiError,
  type ApiOptions,
  freshNonce,
  PATHS,
  type Place,
  type RequestOptions,
  shareService,
  signedBody,
} from "./api.ts";
export { type Bytes, fromBase64, fromBase64Url, fromHex, toBase64, toBase64Url, toHex } from "./bytes.ts";
export { signDetached, signDetachedByKey } from "./cms.ts";
export { createCsr } from "./csr.ts";
export { DerError } from "./der.ts";
export {
  checkEnvironment,
  type EnvironmentCheck,
  type EnvironmentCheckId,
  type EnvironmentContext,
  type EnvironmentFix,
  fixAll,
  type Recommended,
} from "./environment.ts";
export { CodedError } from "./errors.ts";
export {
  exportPkcs8,
  exportSpki,
  generateKeyPair,
  importPrivateKey,
  KeyError,
  type KeyType,
  spkiId,
} from "./keys.ts";
export { exclusively } from "./store/lock.ts";
export { decodeOrder, encodeOrder, ORDER_TYPE, type Order } from "./order.ts";
export { type PasswordFault, type PasswordPolicy, passwordFaults } from "./password.ts";
export { PfxError, type PfxErrorCode } from "./pfx/errors.ts";
export { MAX_PFX_BYTES, type Pfx, readPfx, readPfxFile } from "./pfx/read.ts";
export { type PfxContents, type PfxOptions, writePfx } from "./pfx/write.ts";
export { encodeProof, PROOF_TYPE, type Proof, type ProofPurpose } from "./proof.ts";
export { KeyStoreError, type KeyStoreErrorCode } from "./store/errors.ts";
export { KeyStore } from "./store/keystore.ts";
export type { Marker } from "./store/marker.ts";
export { askForPersistence, type Persistence } from "./store/persistence.ts";
export type { KeyState, SecurityMode } from "./store/records.ts";
export { type Prove, ShareRefused, type ShareService, type Signed } from "./store/shares.ts";
export type { Export, Import, Installation, KeyEntry, KeyStoreOptions, NewKey } from "./store/types.ts";
export { normalIdentity, type VisitorKey, VisitorKeys } from "./store/visitor.ts";
export { StructureError } from "./structure.ts";
export {
  encodeTranscript,
  matchingCode,
  type Pairing,
  pairingText,
  readPairing,
  type Transcript,
  TransferError,
} from "./transfer/pairing.ts";

export { loadHpke, loadQr } from "./transfer/lazy.ts";
export { type Certificate, readCertificate } from "./x509.ts";
