/** Looks for new messages every two seconds while the page is in sight, and shows the list anew when there are some. */
const list = document.getElementById("messages");
const spoken = document.querySelector("[data-spoken]");

async function look() {
  if (document.hidden) return;
  const query = new URLSearchParams(location.search);
  query.set("after", list.dataset.newest);
  const answer = await fetch(`/outbox.json?${query}`);
  if (!answer.ok || !(await answer.json()).messages.length) return;
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const fresh = page.getElementById("messages");
  list.dataset.newest = fresh.dataset.newest;
  list.replaceChildren(...fresh.childNodes);
  spoken.textContent = spoken.dataset.one;
}

/** The next look begins when the last one is over; a centre that is restarting is asked again. */
function again() {
  setTimeout(() => look().catch(() => undefined).finally(again), 2000);
}

if ("live" in list.dataset) again();
