/**
 * Drives the built library for tests/interop: `node scripts/interop.mjs COMMAND JSON` prints one JSON answer.
 * Bytes are base64. Build first: `npm run build:node`.
 */
import { readFile, writeFile } from "node:fs/promises";
import * as certcenter from "../dist/node/certcenter.mjs";

const { fromBase64, toBase64 } = certcenter;
const file = async (path) => new Uint8Array(await readFile(path));

const commands = {
  /** A key and its request. */
  async generate({ type }) {
    const pair = await certcenter.generateKeyPair(type);
    return {
      pkcs8: toBase64(await certcenter.exportPkcs8(pair.privateKey)),
      spki: toBase64(await certcenter.exportSpki(pair.publicKey)),
      csr: toBase64(await certcenter.createCsr(pair)),
    };
  },

  async writePfx({ pkcs8, certificates, friendlyName, password, options, path }) {
    const contents = {
      pkcs8: fromBase64(pkcs8),
      certificates: certificates.map((der) => certcenter.readCertificate(fromBase64(der))),
      friendlyName,
    };
    await writeFile(path, await certcenter.writePfx(contents, password, options));
    return {};
  },

  async readPfx({ path, password }) {
    const pfx = await certcenter.readPfxFile(new Blob([await file(path)]), password);
    return {
      pkcs8: toBase64(pfx.pkcs8),
      certificate: toBase64(pfx.certificate.der),
      chain: pfx.chain.map(({ der }) => toBase64(der)),
      friendlyName: pfx.friendlyName ?? null,
    };
  },

  async readCertificate({ certificate }) {
    const {
      serialHex,
      serialDecimal,
      subjectCommonName,
      issuerCommonName,
      notBefore,
      notAfter,
      spkiId,
      keyIdentifier,
    } = certcenter.readCertificate(fromBase64(certificate));
    const names = {
      serialHex,
      serialDecimal,
      subjectCommonName,
      issuerCommonName,
      notBefore,
      notAfter,
      spkiId,
    };
    return { ...names, keyIdentifier: keyIdentifier ? toBase64(keyIdentifier) : null };
  },

  async encodeOrder({ order }) {
    return { content: toBase64(certcenter.encodeOrder(order)) };
  },

  async encodeProof({ proof }) {
    return { content: toBase64(certcenter.encodeProof(proof)) };
  },

  async sign({ content, pkcs8, certificate }) {
    const key = await certcenter.importPrivateKey(fromBase64(pkcs8));
    const signer = certcenter.readCertificate(fromBase64(certificate));
    return { signature: toBase64(await certcenter.signDetached(fromBase64(content), key, signer)) };
  },

  async matchingCode({ transcript }) {
    return { code: await certcenter.matchingCode(transcript) };
  },

  async readPairing({ text }) {
    return certcenter.readPairing(text);
  },

  async seal({ transcript, plaintext }) {
    const { sealTo } = await certcenter.loadHpke();
    return { sealed: toBase64(await sealTo(transcript, fromBase64(plaintext))) };
  },

  /** `privateKey` is PKCS #8, `publicKey` raw. */
  async unseal({ transcript, sealed, privateKey, publicKey }) {
    const { openWith } = await certcenter.loadHpke();
    const x25519 = { name: "X25519" };
    const pair = {
      privateKey: await crypto.subtle.importKey("pkcs8", fromBase64(privateKey), x25519, false, [
        "deriveBits",
      ]),
      publicKey: await crypto.subtle.importKey("raw", fromBase64(publicKey), x25519, true, []),
    };
    return { plaintext: toBase64(await openWith(pair, transcript, fromBase64(sealed))) };
  },

  async signByKey({ content, pkcs8, spki }) {
    const key = await certcenter.importPrivateKey(fromBase64(pkcs8));
    return {
      signature: toBase64(await certcenter.signDetachedByKey(fromBase64(content), key, fromBase64(spki))),
    };
  },
};

const [command, input] = process.argv.slice(2);
try {
  console.log(JSON.stringify(await commands[command](JSON.parse(input))));
} catch (error) {
  if (!(error instanceof certcenter.CodedError)) throw error;
  console.log(JSON.stringify({ error: error.name, code: error.code, parameters: error.parameters }));
}
