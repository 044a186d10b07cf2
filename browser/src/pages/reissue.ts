/** 密碼補發, step 1: the device decides which way it goes, as manual M2 says: a certificate here proves itself (SPEC B8, B9). */
import { common } from "../page/common.ts";
import { openKeys, proveDevice, typed } from "../page/device.ts";
import { need, whileBusy } from "../page/dom.ts";
import { page } from "../page/page.ts";
import { givenPassword } from "../page/passwords.ts";
import { hideProblem, showProblem } from "../page/problems.ts";

const form = need<HTMLFormElement>("[data-form]");
const ask = need("[data-ask]");
const without = need<HTMLButtonElement>("[data-without]");

/** The way by mail and phone: the form goes to the server, which shows everybody the same pages. */
function withoutCertificate(): void {
  form.submit();
}

async function begin(): Promise<void> {
  hideProblem();
  const given = typed();
  // What is missing or malformed the server says, in one place.
  if (given.identity === "" || given.birthDate === "") {
    withoutCertificate();
    return;
  }
  const keys = await openKeys().catch(() => undefined);
  const key = await keys?.find(given.identity);
  if (keys === undefined || key === undefined) {
    withoutCertificate();
    return;
  }
  without.hidden = false;
  if (key.asks && ask.hidden) {
    ask.hidden = false;
    need("#certificate-password").focus();
    return;
  }
  const password = key.asks ? givenPassword("certificate-password") : undefined;
  if (key.asks && password === undefined) return;
  await proveDevice(keys, key, "reissue", given, password);
  location.assign(String(page.data["accountUrl"]));
}

common();
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void whileBusy(need<HTMLButtonElement>("button.first", form), () => begin().catch(showProblem));
});
without.addEventListener("click", withoutCertificate);
