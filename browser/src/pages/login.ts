/** The captcha at login: proof of work in a worker from our own origin, words in the page's language. */
import "altcha/external";
import "altcha/altcha.css";
import "altcha/i18n/zh-tw";
import Pbkdf2Worker from "altcha/workers/pbkdf2?worker";
import ShaWorker from "altcha/workers/sha?worker";
import { common } from "../page/common.ts";

for (const hash of ["SHA-256", "SHA-384", "SHA-512"]) {
  $altcha.algorithms.set(`PBKDF2/${hash}`, () => new Pbkdf2Worker());
  $altcha.algorithms.set(hash, () => new ShaWorker());
}

common();

/** What the widget offers of itself (altcha 3). */
type Widget = HTMLElement & { getState(): string; verify(): Promise<unknown> };

/** Resolves when the proof of work is done or has failed; a run that is under way is not begun anew. */
async function settled(of: Widget): Promise<void> {
  if (of.getState() !== "verifying") {
    await of.verify();
    return;
  }
  await new Promise<void>((resolve) => {
    of.addEventListener("statechange", () => {
      if (of.getState() !== "verifying") resolve();
    });
  });
}

/** Whoever presses "sign in" before the proof is done waits for it instead of being refused. */
const widget = document.querySelector<Widget>("altcha-widget");
widget?.closest("form")?.addEventListener(
  "submit",
  (event) => {
    if (widget.getState() === "verified") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const form = event.target as HTMLFormElement;
    void settled(widget).then(() => {
      if (widget.getState() === "verified") form.requestSubmit(event.submitter);
    });
  },
  { capture: true },
);
