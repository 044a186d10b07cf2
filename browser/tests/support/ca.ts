/** A CA of the tests' own, by the library's DER writer. */
import { type Bytes, random, utf8 } from "../../src/bytes.ts";
import {
  bitString,
  Der,
  element,
  explicit,
  octetString,
  oid,
  sequence,
  setOf,
  Tag,
  unsignedInteger,
  utf8String,
} from "../../src/der.ts";
import { exportSpki, generateKeyPair, sign, signatureAlgorithm } from "../../src/keys.ts";
import { Oid } from "../../src/oids.ts";

const DAY = 86_400_000;

const name = (commonName: string): Bytes =>
  sequence(setOf(sequence(oid(Oid.commonName), utf8String(commonName))));

const time = (date: Date): Bytes =>
  element(Tag.generalizedTime, utf8(`${date.toISOString().replace(/[-:T]|\.\d+Z/g, "")}Z`));

interface Request {
  readonly subject: string;
  readonly spki: Bytes;
  readonly issuer: string;
  readonly key: CryptoKey;
  readonly ca?: boolean;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

async function certify(request: Request): Promise<Bytes> {
  const { notBefore = new Date(Date.now() - DAY), notAfter = new Date(Date.now() + 365 * DAY) } = request;
  const constraints = sequence(...(request.ca ? [element(Tag.boolean, Uint8Array.of(0xff))] : []));
  const tbs = sequence(
    explicit(0, element(Tag.integer, Uint8Array.of(2))),
    unsignedInteger(random(16)),
    signatureAlgorithm(request.key),
    name(request.issuer),
    sequence(time(notBefore), time(notAfter)),
    name(request.subject),
    request.spki,
    explicit(3, sequence(sequence(oid(Oid.basicConstraints), octetString(constraints)))),
  );
  return sequence(tbs, signatureAlgorithm(request.key), bitString(await sign(request.key, tbs)));
}

export interface TestCa {
  readonly certificate: Bytes;
  /** A certificate for the key of a CSR, or for an SPKI. */
  issue(request: { csr: Bytes; subject?: string; notBefore?: Date; notAfter?: Date }): Promise<Bytes>;
}

export const SUBJECT = "A123456789-00-1";

export async function testCa(): Promise<TestCa> {
  const pair = await generateKeyPair("P-256");
  const issuer = "Test CA";
  const spki = await exportSpki(pair.publicKey);
  return {
    certificate: await certify({ subject: issuer, spki, issuer, key: pair.privateKey, ca: true }),
    issue({ csr, subject = SUBJECT, ...validity }) {
      const info = Der.parse(csr).child(0, Tag.sequence);
      return certify({ subject, spki: info.child(2).raw, issuer, key: pair.privateKey, ...validity });
    },
  };
}
