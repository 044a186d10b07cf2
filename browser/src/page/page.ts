/** What the server gives to a page's script: texts in the page's language, data, and the token for calls. */
export interface PageData {
  readonly api: string;
  readonly csrf: string;
  readonly institution: string;
  /** Names the request that brought this page, in the centre's logs. */
  readonly reference: string;
  readonly language: "zh-Hant" | "en";
  readonly texts: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, unknown>>;
}

function read(): PageData {
  const block = document.getElementById("page");
  if (!block?.textContent) throw new Error("the page carries no data");
  return JSON.parse(block.textContent) as PageData;
}

/** The data of this page, read once. */
export const page: PageData = read();

/** The words for `key` with `{name}`s replaced. A key without words (or `otherwise`) is a mistake of ours and shows itself. */
export function text(
  key: string,
  values: Readonly<Record<string, string | number>> = {},
  otherwise?: string,
): string {
  const words = page.texts[key] ?? otherwise;
  if (words === undefined) throw new Error(`no text ${key}`);
  return words.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Seconds as `m:ss`. */
export function clock(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
