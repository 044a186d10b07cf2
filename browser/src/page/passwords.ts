/** Password fields: the policy's rules, shown while typing, checked before anything is done. */
import { type PasswordFault, passwordFaults } from "../index.ts";
import { data } from "./centre.ts";
import { make, need } from "./dom.ts";
import { text } from "./page.ts";
import { fieldProblem } from "./problems.ts";

const RULES: readonly (readonly [PasswordFault, string])[] = [
  ["too_short", "rule.length"],
  ["forbidden_character", "rule.characters"],
];

function faults(password: string): PasswordFault[] {
  const { min, max } = data.password ?? { min: 4, max: null };
  const policy = { min, characters: "letters_digits" as const, ...(max !== null && { max }) };
  // Too long is the same rule to a person as too short.
  return passwordFaults(password, policy).map((fault) => (fault === "too_long" ? "too_short" : fault));
}

function words(key: string): string {
  const { min, max } = data.password ?? { min: 4, max: null };
  if (key !== "rule.length") return text(key);
  return max === null ? text("rule.length.least", { min }) : text("rule.length", { min, max });
}

/** Show the rules below the new password and tick them off while it is typed. */
export function showRules(name: string): void {
  const input = need<HTMLInputElement>(`#${name}`);
  const list = need(`[data-rules="${name}"]`);
  const items = RULES.map(([fault, key]) => ({ fault, item: make("li", {}, words(key)) }));
  list.append(...items.map(({ item }) => item));
  input.addEventListener("input", () => {
    const broken = faults(input.value);
    for (const { fault, item } of items) {
      item.className = input.value === "" ? "" : broken.includes(fault) ? "unmet" : "met";
    }
    if (broken.length === 0) fieldProblem(name, "");
  });
}

/** Check a new password and its repetition; says what is wrong at the fields and focuses the first. */
export function checkedPassword(name: string, again: string): string | undefined {
  const [first, second] = [need<HTMLInputElement>(`#${name}`), need<HTMLInputElement>(`#${again}`)];
  const broken = RULES.find(([fault]) => faults(first.value).includes(fault));
  fieldProblem(name, broken ? words(broken[1]) : "");
  fieldProblem(again, !broken && first.value !== second.value ? text("rule.repeat") : "");
  if (broken) first.focus();
  else if (first.value !== second.value) second.focus();
  else return first.value;
  return undefined;
}

/** A password that was given, or undefined after saying that it is missing. */
export function givenPassword(name: string): string | undefined {
  const input = need<HTMLInputElement>(`#${name}`);
  fieldProblem(name, input.value === "" ? text("rule.missing") : "");
  if (input.value !== "") return input.value;
  input.focus();
  return undefined;
}
