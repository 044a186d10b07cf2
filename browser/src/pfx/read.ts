/** Reads PFX files (RFC 7292), our own and those of OpenSSL, Java, NSS and Windows. The MAC is checked before all else. */
import { type Bytes, equal } from "../bytes.ts";
import { contextTag, Der, DerError, Tag } from "../der.ts";
import { CodedError } from "../errors.ts";
import { belongsTogether, importPrivateKey, KeyError } from "../keys.ts";
import { Oid } from "../oids.ts";
import { type Certificate, chainFrom, readCertificate } from "../x509.ts";
import { berToDer, implicitOctets } from "./ber.ts";
import { decryptWithPassword } from "./decrypt.ts";
import { PfxError } from "./errors.ts";
import { checkedIterations, HASHES, type HashFunction, pkcs12Mac, pkcs12Password } from "./kdf.ts";

/** 1 MiB: a PFX with its chain has a few kilobytes. */
export const MAX_PFX_BYTES = 1 << 20;
const MAX_NESTING = 4;

/** What a PFX held. `pkcs8` is the unencrypted key: hand it to the key store and wipe it. */
export interface Pfx {
  readonly pkcs8: Bytes;
  readonly certificate: Certificate;
  /** Issuers, upwards from the certificate's own. */
  readonly chain: readonly Certificate[];
  readonly friendlyName: string | undefined;
}

/** A file that a customer chose, read only if its size is one that a PFX can have. Throws PfxError `too_large`. */
export async function readPfxFile(file: Blob, password: string): Promise<Pfx> {
  if (file.size > MAX_PFX_BYTES) throw new PfxError("too_large", { size: file.size, limit: MAX_PFX_BYTES });
  return readPfx(new Uint8Array(await file.arrayBuffer()), password);
}

/** Opens a PFX. Throws PfxError. */
export async function readPfx(bytes: Bytes, password: string): Promise<Pfx> {
  if (bytes.length > MAX_PFX_BYTES)
    throw new PfxError("too_large", { size: bytes.length, limit: MAX_PFX_BYTES });
  const outer = inCase("not_pfx", () => parseOuter(bytes));
  if (!isMacRight(outer, password)) throw new PfxError("wrong_password");
  try {
    return await chooseIdentity(await openSafes(outer.authenticatedSafe, password));
  } catch (error) {
    if (error instanceof PfxError) throw error;
    if (error instanceof KeyError) throw new PfxError("unsupported", error.parameters, { cause: error });
    throw new PfxError("damaged", {}, { cause: error });
  }
}

function inCase<T>(code: "not_pfx", work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PfxError || !(error instanceof CodedError)) throw error;
    throw new PfxError(code, {}, { cause: error });
  }
}

interface Outer {
  readonly authenticatedSafe: Bytes;
  readonly hash: HashFunction;
  readonly digest: Bytes;
  readonly salt: Bytes;
  readonly iterations: number;
}

function parseOuter(bytes: Bytes): Outer {
  const [version, authSafe, mac] = Der.parse(berToDer(bytes)).children(Tag.sequence);
  if (version?.integer() !== 3n || !authSafe) throw new DerError("unexpected_structure");
  const type = authSafe.child(0, Tag.sequence).oid();
  if (type === Oid.signedData || (type === Oid.data && mac === undefined)) {
    throw new PfxError("unsupported", { integrity: type === Oid.data ? "none" : "signature" });
  }
  if (type !== Oid.data || !mac) throw new DerError("unexpected_structure");
  const [digestInfo, salt, iterations] = mac.children(Tag.sequence);
  if (!digestInfo || !salt) throw new DerError("unexpected_structure");
  const name = digestInfo.child(0, Tag.sequence).child(0, Tag.sequence).oid();
  const hash = (HASHES as Readonly<Record<string, HashFunction>>)[name];
  if (hash === undefined) throw new PfxError("unsupported", { mac: name });
  return {
    authenticatedSafe: authSafe.child(1).child(0, contextTag(0)).octets(),
    hash,
    digest: digestInfo.child(1).octets(),
    salt: salt.octets(),
    iterations: iterations === undefined ? 1 : checkedIterations(iterations.integer()),
  };
}

function isMacRight(outer: Outer, password: string): boolean {
  const { hash, salt, iterations, authenticatedSafe, digest } = outer;
  // An empty password is written as two zero bytes by some programs, as nothing by others.
  const forms = password === "" ? [pkcs12Password(""), new Uint8Array()] : [pkcs12Password(password)];
  return forms.some((form) => equal(pkcs12Mac(hash, form, salt, iterations, authenticatedSafe), digest));
}

interface Contents {
  readonly keys: { readonly pkcs8: Bytes; readonly friendlyName: string | undefined }[];
  readonly certificates: Certificate[];
}

async function openSafes(authenticatedSafe: Bytes, password: string): Promise<Contents> {
  const contents: Contents = { keys: [], certificates: [] };
  for (const safe of Der.parse(berToDer(authenticatedSafe)).children(Tag.sequence)) {
    const type = safe.child(0).oid();
    const inner = safe.child(1).child(0, contextTag(0));
    if (type === Oid.data) await readBags(inner.octets(), password, contents);
    else if (type === Oid.encryptedData)
      await readBags(await decryptSafe(inner, password), password, contents);
    else throw new PfxError("unsupported", { safe: type });
  }
  return contents;
}

async function decryptSafe(encryptedData: Der, password: string): Promise<Bytes> {
  const [, algorithm, content] = encryptedData.child(1, Tag.sequence).children(Tag.sequence);
  if (!algorithm || !content) throw new DerError("unexpected_structure");
  const constructed = content.tag === contextTag(0);
  if (!constructed) content.expect(contextTag(0, "primitive"));
  return decryptWithPassword(algorithm, password, implicitOctets(constructed, content.value));
}

async function readBags(safeContents: Bytes, password: string, contents: Contents, depth = 0): Promise<void> {
  if (depth > MAX_NESTING) throw new DerError("unexpected_structure");
  for (const bag of Der.parse(berToDer(safeContents)).children(Tag.sequence)) {
    const [type, wrapper, attributes] = bag.children(Tag.sequence);
    const value = wrapper?.child(0, contextTag(0));
    if (!type || !value) throw new DerError("unexpected_structure");
    const name = type.oid();
    if (name === Oid.certBag) readCertBag(value, contents);
    else if (name === Oid.safeContentsBag) await readBags(value.raw, password, contents, depth + 1);
    else if (name === Oid.keyBag || name === Oid.pkcs8ShroudedKeyBag) {
      const pkcs8 = name === Oid.keyBag ? value.raw : await decryptKey(value, password);
      contents.keys.push({ pkcs8, friendlyName: friendlyNameOf(attributes) });
    }
  }
}

function readCertBag(bag: Der, contents: Contents): void {
  const [type, value] = bag.children(Tag.sequence);
  if (type?.oid() !== Oid.x509Certificate || !value) return;
  contents.certificates.push(readCertificate(value.child(0, contextTag(0)).octets()));
}

function decryptKey(shrouded: Der, password: string): Promise<Bytes> {
  const [algorithm, ciphertext] = shrouded.children(Tag.sequence);
  if (!algorithm || !ciphertext) throw new DerError("unexpected_structure");
  return decryptWithPassword(algorithm, password, ciphertext.octets());
}

function friendlyNameOf(attributes: Der | undefined): string | undefined {
  for (const attribute of attributes?.children(Tag.set) ?? []) {
    const [type, values] = attribute.children(Tag.sequence);
    if (type?.oid() === Oid.friendlyName) return values?.children(Tag.set)[0]?.text();
  }
  return undefined;
}

/** The key whose certificate is there too: matched by signing, because localKeyId is what a program chose to write. */
async function chooseIdentity({ keys, certificates }: Contents): Promise<Pfx> {
  if (keys.length === 0) throw new PfxError("no_key");
  for (const { pkcs8, friendlyName } of keys) {
    const handle = await importPrivateKey(pkcs8);
    for (const certificate of certificates) {
      if (!(await isFor(handle, certificate))) continue;
      return { pkcs8, certificate, chain: chainFrom(certificate, certificates).slice(1), friendlyName };
    }
  }
  throw new PfxError("no_certificate");
}

async function isFor(handle: CryptoKey, certificate: Certificate): Promise<boolean> {
  try {
    return await belongsTogether(handle, certificate.spki);
  } catch (error) {
    // A CA's certificate may hold a key of a kind that customers don't have.
    if (error instanceof KeyError) return false;
    throw error;
  }
}
