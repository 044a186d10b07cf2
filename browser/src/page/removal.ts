/** The dialog that asks before a certificate is removed; offers the backup first (SPEC A8). */
import type { KeyEntry, KeyStore } from "../index.ts";
import { need } from "./dom.ts";
import { serial } from "./facts.ts";

/** Ask, and remove if that was meant. Resolves to whether it was removed. */
export function askToRemove(store: KeyStore, entry: KeyEntry): Promise<boolean> {
  const dialog = need<HTMLDialogElement>("#remove");
  const saved = entry.backedUpAt !== undefined;
  need("[data-serial]", dialog).textContent = serial(entry.certificate?.serialHex ?? "");
  need("[data-backed]", dialog).hidden = !saved;
  need("[data-unbacked]", dialog).hidden = saved;
  const usable = entry.certificate !== undefined && entry.certificate.notAfter > new Date();
  need("[data-backup]", dialog).hidden = saved || !usable;
  dialog.showModal();
  return new Promise((resolve, reject) => {
    const answered = new AbortController();
    const close = (removed: boolean): void => {
      answered.abort();
      dialog.close();
      resolve(removed);
    };
    const on = { signal: answered.signal };
    need("[data-no]", dialog).addEventListener(
      "click",
      () => {
        close(false);
      },
      on,
    );
    dialog.addEventListener(
      "cancel",
      () => {
        close(false);
      },
      on,
    );
    need("[data-yes]", dialog).addEventListener(
      "click",
      () => {
        store.remove(entry.id, { withoutBackup: true }).then(() => {
          close(true);
        }, reject);
      },
      on,
    );
  });
}
