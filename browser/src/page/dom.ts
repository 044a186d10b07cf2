/** Small helpers over the DOM; nothing here ever parses a string as HTML. */

/* The type parameters say what the caller knows of the template, as with querySelector itself. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters */

/** The element that matches, or an error that names what the template lacks. */
export function need<E extends Element = HTMLElement>(selector: string, root: ParentNode = document): E {
  const found = root.querySelector<E>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

/** The element that matches, if the page has one. */
export function maybe<E extends Element = HTMLElement>(
  selector: string,
  root: ParentNode = document,
): E | null {
  return root.querySelector<E>(selector);
}

/** All elements that match. */
export function every<E extends Element = HTMLElement>(selector: string, root: ParentNode = document): E[] {
  return [...root.querySelectorAll<E>(selector)];
}

/** A new element with attributes and children; strings become text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Show one of several sections marked `data-view`, and move the focus to its heading. */
export function show(name: string, { focus = true } = {}): void {
  for (const section of every("[data-view]")) section.hidden = section.dataset["view"] !== name;
  const heading = maybe(`[data-view="${name}"] :is(h1, h2)`);
  if (focus && heading) {
    heading.tabIndex = -1;
    heading.focus();
  }
}

/** Mark a button as working: it can't be pressed twice, and says so to a screen reader. */
export async function whileBusy<T>(
  button: HTMLButtonElement,
  work: () => Promise<T>,
): Promise<T | undefined> {
  if (button.getAttribute("aria-busy") === "true") return undefined;
  button.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true");
  try {
    return await work();
  } finally {
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
  }
}
