/**
 * The page of the mailed link (SPEC E5): its token stands in the address's fragment, which no server and no referrer
 * ever sees. It goes into the form, and out of the address and the history, before anything else happens.
 */
import { common } from "../page/common.ts";
import { need } from "../page/dom.ts";

const input = need<HTMLInputElement>("#id_token");
const token = location.hash.slice(1);
if (token !== "") {
  history.replaceState(null, "", location.pathname);
  input.value = token;
}
if (input.value !== "") {
  input.type = "hidden";
  need("[data-token]").hidden = true;
}
common();
