/** What every page does: idle warning, revealing passwords, forms that can't be sent twice, the focus on errors. */
import { every, make, maybe, need } from "./dom.ts";
import { watchIdle } from "./idle.ts";
import { text } from "./page.ts";

function focusSummary(): void {
  maybe("[data-focus]")?.focus();
}

function sendOnce(): void {
  for (const form of every<HTMLFormElement>("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset["sent"]) {
        event.preventDefault();
        return;
      }
      form.dataset["sent"] = "1";
      form.querySelector("button.first")?.setAttribute("aria-busy", "true");
    });
  }
  // A page that comes back from the back button's cache can be sent again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of every<HTMLFormElement>("form[data-once]")) {
      delete form.dataset["sent"];
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    }
  });
}

/** A button beside a password that shows it while it is typed. */
export function revealable(root: ParentNode = document): void {
  for (const span of every("[data-reveal]", root)) {
    const input = need<HTMLInputElement>("input", span);
    const button = make(
      "button",
      { type: "button", class: "btn small", "aria-label": text("show.password") },
      text("show"),
    );
    button.addEventListener("click", () => {
      const hidden = input.type === "password";
      input.type = hidden ? "text" : "password";
      button.textContent = text(hidden ? "hide" : "show");
      button.setAttribute("aria-label", text(hidden ? "hide.password" : "show.password"));
    });
    input.form?.addEventListener("submit", () => {
      input.type = "password";
    });
    span.append(button);
  }
}

/** Set up what all pages have. Each page's own controller calls it first. */
export function common(): void {
  focusSummary();
  sendOnce();
  revealable();
  watchIdle();
  for (const button of every("[data-print]"))
    button.addEventListener("click", () => {
      print();
    });
}
