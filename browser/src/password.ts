/** Rules for the certificate password, as policy gives them (SPEC policy table, E11). */

/** Which passwords an institution accepts. */
export interface PasswordPolicy {
  readonly min: number;
  /** Absent: no upper bound. */
  readonly max?: number;
  /** `letters_digits`: A–Z, a–z, 0–9 alone. `ascii`: any visible ASCII character. */
  readonly characters: "letters_digits" | "ascii";
  /** Classes of which at least one character must be there. */
  readonly required?: readonly ("letter" | "digit")[];
}

/** Which rule a password breaks. */
export type PasswordFault =
  | "too_short"
  | "too_long"
  | "forbidden_character"
  | "letter_missing"
  | "digit_missing"
  | "equals_id"
  | "not_repeated";

const ALLOWED = { letters_digits: /^[A-Za-z0-9]*$/, ascii: /^[\x21-\x7e]*$/ } as const;

/** Every rule that the password breaks, in the order in which a page shows them. `customerId` in any case. */
export function passwordFaults(
  password: string,
  policy: PasswordPolicy,
  context: { readonly customerId?: string; readonly repeated?: string } = {},
): PasswordFault[] {
  const { min, max = Number.POSITIVE_INFINITY, characters, required = [] } = policy;
  const rules: [boolean, PasswordFault][] = [
    [password.length < min, "too_short"],
    [password.length > max, "too_long"],
    [!ALLOWED[characters].test(password), "forbidden_character"],
    [required.includes("letter") && !/[A-Za-z]/.test(password), "letter_missing"],
    [required.includes("digit") && !/\d/.test(password), "digit_missing"],
    [password !== "" && password.toUpperCase() === context.customerId?.toUpperCase(), "equals_id"],
    [context.repeated !== undefined && context.repeated !== password, "not_repeated"],
  ];
  return rules.filter(([broken]) => broken).map(([, fault]) => fault);
}
