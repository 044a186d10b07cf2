/** Upload to a phone: pairing codes, matching codes, HPKE (SPEC A12; RFC 9180). */
import { describe, expect, it } from "vitest";
import { fromHex, utf8 } from "../src/bytes.ts";
import { newPhoneKey, openWith, sealTo, suite } from "../src/transfer/hpke.ts";
import {
  matchingCode,
  type Pairing,
  pairingText,
  readPairing,
  type Transcript,
} from "../src/transfer/pairing.ts";

const SESSION = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
/** The public key of the private key 00 01 … 1f; the SDK's tests have the same (sdk/tests/test_transfer.py). */
const KNOWN = "j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8";
const PAIRING: Pairing = {
  institution: "sample",
  origin: "https://sample.example",
  session: SESSION,
  key: KNOWN,
};
const SUBJECT = "0f".repeat(32);

/** The test vectors of RFC 9180 (github.com/cfrg/draft-irtf-cfrg-hpke): mode 0, KEM 0x0020, KDF 1, AEAD 2. */
const VECTOR = {
  info: "4f6465206f6e2061204772656369616e2055726e",
  skRm: "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d",
  pkRm: "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c",
  enc: "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
  encryptions: [
    {
      aad: "436f756e742d30",
      ct: "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a",
      pt: "4265617574792069732074727574682c20747275746820626561757479",
    },
    {
      aad: "436f756e742d31",
      ct: "2c43aff25343fdbff864506f0818b9d87df84ea01b1a2144d23b4d40c26bf655fdf197fe40297a8aebeed5cc2d",
      pt: "4265617574792069732074727574682c20747275746820626561757479",
    },
  ],
};

describe("HPKE", () => {
  it("opens RFC 9180's own vectors", async () => {
    const hpke = suite();
    const privateKey = await hpke.kem.importKey("raw", fromHex(VECTOR.skRm).buffer, false);
    const publicKey = await hpke.kem.importKey("raw", fromHex(VECTOR.pkRm).buffer, true);
    const recipient = await hpke.createRecipientContext({
      recipientKey: { privateKey, publicKey },
      enc: fromHex(VECTOR.enc).buffer,
      info: fromHex(VECTOR.info).buffer,
    });
    for (const { aad, ct, pt } of VECTOR.encryptions) {
      const opened = await recipient.open(fromHex(ct).buffer, fromHex(aad).buffer);
      expect(new Uint8Array(opened)).toEqual(fromHex(pt));
    }
  });

  it("opens what it sealed, on that phone and under that agreement alone", async () => {
    const phone = await newPhoneKey();
    const transcript: Transcript = { ...PAIRING, key: phone.publicKey, subject: SUBJECT };
    const sealed = await sealTo(transcript, utf8("a certificate"));
    expect(await openWith(phone.pair, transcript, sealed)).toEqual(utf8("a certificate"));
    const refused = { code: "does_not_open" };
    const other = await newPhoneKey();
    await expect(openWith(other.pair, transcript, sealed)).rejects.toMatchObject(refused);
    for (const change of [
      { institution: "demo" },
      { origin: "https://evil.example" },
      { session: SESSION.replace("3f", "4f") },
      { subject: "1f".repeat(32) },
    ])
      await expect(openWith(phone.pair, { ...transcript, ...change }, sealed)).rejects.toMatchObject(refused);
    const damaged = sealed.slice();
    damaged[40] = (damaged[40] ?? 0) ^ 1;
    await expect(openWith(phone.pair, transcript, damaged)).rejects.toMatchObject(refused);
    await expect(openWith(phone.pair, transcript, sealed.slice(0, 20))).rejects.toMatchObject(refused);
  });

  it("keeps the phone's private key where no script can read it", async () => {
    const { pair } = await newPhoneKey();
    expect(pair.privateKey.extractable).toBe(false);
  });
});

describe("a pairing code", () => {
  it("is read as it is pasted", () => {
    const text = pairingText(PAIRING);
    for (const pasted of [text, `\n  ${text} `, text.replaceAll(" ", "\r\n")])
      expect(readPairing(pasted)).toEqual(PAIRING);
  });

  it.each([
    ["", "not_a_pairing_code"],
    ["https://sample.example/", "not_a_pairing_code"],
    [`${pairingText(PAIRING)}${" ".repeat(500)}`, "not_a_pairing_code"],
    [`${pairingText(PAIRING)} more`, "damaged_pairing_code"],
    [pairingText(PAIRING).slice(0, -1), "damaged_pairing_code"],
    [`${pairingText(PAIRING).slice(0, -1)}_`, "damaged_pairing_code"],
    [pairingText(PAIRING).replace("https", "http"), "damaged_pairing_code"],
    [pairingText(PAIRING).replace("-", ""), "damaged_pairing_code"],
  ])("is refused by name: %j", (text, code) => {
    expect(() => readPairing(text)).toThrow(expect.objectContaining({ code }));
  });

  it("has the matching code that the SDK has", async () => {
    expect(await matchingCode({ ...PAIRING, subject: SUBJECT })).toBe("KJMT-1V56");
    expect(await matchingCode({ ...PAIRING, subject: "1f".repeat(32) })).not.toBe("KJMT-1V56");
  });
});
