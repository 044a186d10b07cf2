/** A page without anything of its own. */
import { common } from "../page/common.ts";

common();
