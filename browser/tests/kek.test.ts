/** The wrapping key needs password, server share and key id; by the formula of README.md, from Node's own primitives. */
import { createDecipheriv, hkdfSync, pbkdf2Sync } from "node:crypto";
import { expect, test } from "vitest";
import { random, toHex, utf8 } from "../src/bytes.ts";
import { newSalt, stretch, unwrap, wrap } from "../src/store/kek.ts";

const ITERATIONS = 600_000;

test("wraps by the formula, and opens with nothing less", async () => {
  const [salt, share, key] = [newSalt(), random(32), random(64)];
  const stretched = await stretch("Abc12345", salt, ITERATIONS);
  const wrapped = await wrap("id", key, salt, ITERATIONS, stretched, share);
  expect(toHex(await unwrap("id", wrapped, stretched, share))).toBe(toHex(key));

  const secret = pbkdf2Sync("Abc12345", salt, ITERATIONS, 32, "sha256");
  const derive = (input: Uint8Array, info: string) => new Uint8Array(hkdfSync("sha256", input, "", info, 32));
  expect(toHex(stretched.verifier)).toBe(toHex(derive(secret, "certcenter share v1")));
  const kek = derive(Buffer.concat([secret, share]), "certcenter kek v1");
  const decipher = createDecipheriv("aes-256-gcm", kek, wrapped.iv).setAAD(utf8("id"));
  expect(toHex(decipher.update(wrapped.ciphertext.subarray(0, -16)))).toBe(toHex(key));
  decipher.setAuthTag(wrapped.ciphertext.subarray(-16)).final();

  const other = await stretch("abc12345", salt, ITERATIONS);
  for (const attempt of [
    () => unwrap("id", wrapped, stretched, random(32)),
    () => unwrap("id", wrapped, other, share),
    () => unwrap("other", wrapped, stretched, share),
  ]) {
    await expect(attempt()).rejects.toMatchObject({ code: "key_damaged" });
  }
});
