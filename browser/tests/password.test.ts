import fc from "fast-check";
import { expect, test } from "vitest";
import { type PasswordPolicy, passwordFaults } from "../src/password.ts";

const BROWSER: PasswordPolicy = { min: 4, max: 12, characters: "letters_digits" };

test.each([
  ["abcd", []],
  ["1234", []],
  ["Abc123456789", []],
  ["abc", ["too_short"]],
  ["", ["too_short"]],
  ["Abc1234567890", ["too_long"]],
  ["abc 12", ["forbidden_character"]],
  ["密碼一二", ["forbidden_character"]],
  ["ａｂｃｄ", ["forbidden_character"]],
  ["a-", ["too_short", "forbidden_character"]],
  ["a123456789", ["equals_id"]],
])("%s under 4–12 letters and digits: %j", (password, faults) => {
  expect(passwordFaults(password, BROWSER, { customerId: "A123456789" })).toEqual(faults);
});

test("required classes and the repetition", () => {
  const strict: PasswordPolicy = { ...BROWSER, required: ["letter", "digit"] };
  expect(passwordFaults("abcdef", strict)).toEqual(["digit_missing"]);
  expect(passwordFaults("123456", strict, { repeated: "123457" })).toEqual([
    "letter_missing",
    "not_repeated",
  ]);
  expect(passwordFaults("abc123", strict, { repeated: "abc123" })).toEqual([]);
});

test("without an upper bound any length will do; whatever passes is ASCII", () => {
  const policy: PasswordPolicy = { min: 4, characters: "ascii" };
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (password) => {
      if (passwordFaults(password, policy).length === 0) expect(password).toMatch(/^[\x21-\x7e]{4,}$/);
    }),
  );
});
