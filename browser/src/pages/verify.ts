/** Countdowns of the verification code: until it ends, and until another one can be sent. */
import { common } from "../page/common.ts";
import { maybe, need } from "../page/dom.ts";
import { clock, text } from "../page/page.ts";

/** Seconds left at which a screen reader hears of it. */
const SPOKEN = new Set([120, 60, 30, 10, 0]);

function countDown(seconds: number, told: (left: number) => void): void {
  const end = performance.now() + seconds * 1000;
  const tick = (): void => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    told(left);
    if (left === 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 1000);
  tick();
}

common();

const life = maybe("[data-expires]");
if (life) {
  countDown(Number(life.dataset["expires"]), (left) => {
    life.textContent = left > 0 ? text("code.left", { time: clock(left) }) : text("code.over");
    if (SPOKEN.has(left)) need("[data-spoken]").textContent = life.textContent;
  });
  maybe<HTMLInputElement>("#id_code")?.focus({ preventScroll: maybe("[data-focus]") !== null });
}

const again = maybe<HTMLButtonElement>("[data-resend]");
if (again) {
  const count = need("[data-count]", again);
  countDown(Number(again.dataset["resend"]), (left) => {
    again.disabled = left > 0;
    count.textContent = left > 0 ? `(${clock(left)})` : "";
  });
}
