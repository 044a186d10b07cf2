/** Errors as sentences: what happened, what to do, and the number to quote. */
import { ApiError, CodedError } from "../index.ts";
import { make, need, show } from "./dom.ts";
import { page, text } from "./page.ts";

/** A problem as the page shows it. */
export interface Shown {
  readonly title: string;
  readonly advice: string;
  readonly reference: string;
}

const local = (key: string, values: Readonly<Record<string, string | number>>): string =>
  page.texts[key] === undefined ? "" : text(key, values);

/** The answer's own number; for what never reached the centre, or never had to, the page's. */
function referenceOf(error: unknown): string {
  const own = error instanceof ApiError ? error.reference : undefined;
  return text("error.reference", { reference: own ?? page.reference });
}

function titleOf({ code, parameters }: CodedError): string {
  const title = local(`key.${code}`, parameters);
  const left = parameters["left"] === undefined ? "" : local(`key.${code}.left`, parameters);
  return `${title} ${left}`.trim() || text("error.unknown", { code });
}

/** The words for any error. What nobody foresaw is said to be our mistake, with its name. */
export function described(error: unknown): Shown {
  const reference = referenceOf(error);
  if (error instanceof ApiError) {
    if (error.status === 0) return { title: text("error.network"), advice: "", reference };
    if (error.status === 401) return { title: text("error.session"), advice: "", reference };
    const advice = `${error.advice ?? ""} ${error.kept ?? ""}`.trim();
    return {
      title: error.detail ?? text("error.unknown", { code: error.code }),
      advice,
      reference,
    };
  }
  if (error instanceof CodedError) {
    const { code, parameters } = error as CodedError;
    return {
      title: titleOf(error as CodedError),
      advice: local(`key.${code}.advice`, parameters),
      reference,
    };
  }
  const code = error instanceof Error ? error.name : String(error);
  return { title: text("error.unknown", { code }), advice: "", reference };
}

/** The way back: a procedure ends with its session, so from there it leads to the overview. */
function offerSignIn(place: HTMLElement): void {
  const next = page.data["procedure"] === undefined ? location.pathname : "/certificates/";
  const link = make("a", { href: `/login/?${new URLSearchParams({ next }).toString()}` });
  link.textContent = text("error.session.link");
  place.replaceChildren(link);
  place.hidden = false;
}

/** What a page shows that could not begin: the error, and none of its views. */
export function showOnlyProblem(error: unknown): void {
  show("", { focus: false });
  showProblem(error);
}

/** Show the error in the page's summary and move the focus there; `kept` says what was not lost. */
export function showProblem(error: unknown, kept = ""): void {
  const { title, advice: wise, reference } = described(error);
  const advice = `${wise} ${kept}`.trim();
  const summary = need("[data-problem]");
  need("[data-title]", summary).textContent = title;
  const lines: readonly (readonly [string, string])[] = [
    ["[data-advice]", advice],
    ["[data-reference]", reference],
  ];
  for (const [selector, words] of lines) {
    const place = need(selector, summary);
    place.textContent = words;
    place.hidden = words === "";
  }
  if (error instanceof ApiError && error.status === 401) offerSignIn(need("[data-advice]", summary));
  summary.hidden = false;
  summary.focus();
  summary.scrollIntoView({ block: "center" });
}

export function hideProblem(): void {
  need("[data-problem]").hidden = true;
}

/** Say at a field what is wrong with it, or that nothing is. */
export function fieldProblem(id: string, words: string): void {
  const input = need<HTMLInputElement>(`#${id}`);
  const place = need(`#${id}-error`);
  place.textContent = words;
  place.hidden = words === "";
  input.closest(".field")?.classList.toggle("wrong", words !== "");
  if (words) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}
