/** The end of an idle session: shown in the header, warned of in a dialog, moved by whoever stays. */
import { every, maybe, need } from "./dom.ts";
import { clock, page, text } from "./page.ts";

/** At which seconds a screen reader hears the countdown: not every second. */
const SPOKEN = new Set([60, 30, 10]);

class IdleWatch {
  readonly #dialog: HTMLDialogElement;
  readonly #warn: number;
  readonly #places = every("[data-idle]");
  readonly #others = new BroadcastChannel("certcenter:session");
  #ends: number;
  #timer: number | undefined;

  constructor(dialog: HTMLDialogElement) {
    this.#dialog = dialog;
    this.#warn = Number(dialog.dataset["warn"]);
    this.#ends = performance.now() + Number(dialog.dataset["endsIn"]) * 1000;
  }

  begin(): void {
    need("[data-stay]", this.#dialog).addEventListener("click", () => void this.#stay());
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      void this.#stay();
    });
    // Another tab that is used moves the end for all of them.
    this.#others.addEventListener("message", ({ data }: MessageEvent<number>) => {
      this.#moved(data);
    });
    this.#others.postMessage(this.#ends - performance.now());
    for (const place of this.#places) place.hidden = false;
    this.#timer = window.setInterval(() => {
      this.#tick();
    }, 1000);
    this.#tick();
  }

  #moved(milliseconds: number): void {
    this.#ends = Math.max(this.#ends, performance.now() + milliseconds);
    if (this.#dialog.open) this.#dialog.close();
  }

  async #stay(): Promise<void> {
    const headers = { "X-CSRFToken": page.csrf };
    const answer = await fetch(this.#dialog.dataset["extend"] ?? "", { method: "POST", headers });
    if (!answer.ok || answer.redirected) {
      this.#leave();
      return;
    }
    const { ends_in: seconds } = (await answer.json()) as { ends_in: number };
    this.#moved(seconds * 1000);
    this.#others.postMessage(seconds * 1000);
  }

  #leave(): void {
    window.clearInterval(this.#timer);
    location.assign("/signed-out/?idle");
  }

  #tick(): void {
    const left = Math.ceil((this.#ends - performance.now()) / 1000);
    if (left <= 0) {
      this.#leave();
      return;
    }
    const time = clock(left);
    for (const place of this.#places) place.textContent = text("idle.left", { time });
    if (left > this.#warn) return;
    if (!this.#dialog.open) this.#dialog.showModal();
    need("[data-count]", this.#dialog).textContent = text("idle.count", { time });
    if (SPOKEN.has(left))
      need("[data-spoken]", this.#dialog).textContent = text("idle.spoken", { seconds: left });
  }
}

/** Watch the session that this page belongs to, if it belongs to one. */
export function watchIdle(): void {
  const dialog = maybe<HTMLDialogElement>("dialog#idle");
  if (dialog) new IdleWatch(dialog).begin();
}
