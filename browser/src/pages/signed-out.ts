/** After signing out: whatever the session had unlocked is deleted. */
import { KeyStore, KeyStoreError, type ShareService } from "../index.ts";
import { common } from "../page/common.ts";

const nobody = (): never => {
  throw new KeyStoreError("key_not_found");
};
const noShares: ShareService = { create: nobody, release: nobody, change: nobody };

async function lock(): Promise<void> {
  const store = await KeyStore.open({ customer: "", session: "", shares: noShares });
  await store.endSession();
  store.close();
}

common();
// Where storage is blocked there is nothing to delete.
lock().catch(() => undefined);
