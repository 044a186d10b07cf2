/** Step 2: the accounts of the chosen line. */
import { common } from "../page/common.ts";
import { every, need } from "../page/dom.ts";

const select = need<HTMLSelectElement>("#id_account");
const options = every<HTMLOptionElement>("option", select);

function ofLine(line: string): void {
  const fitting = options.filter((option) => option.dataset["line"] === line);
  const chosen = fitting.find((option) => option.selected) ?? fitting[0];
  select.replaceChildren(...fitting);
  if (chosen) chosen.selected = true;
}

common();
for (const radio of every<HTMLInputElement>("[name=line]")) {
  if (radio.checked) ofLine(radio.value);
  radio.addEventListener("change", () => {
    ofLine(radio.value);
  });
}
