// Verifies what a receiver was sent, with the reference library of Standard Webhooks.
//
//   node verify.mjs SECRET < FILE
//
// FILE has a line of JSON for each request: {"id", "timestamp", "signature", "body"}. Each must
// verify with the secret, and none with its body changed by one byte. Prints how many there were.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.argv[2]);
let count = 0;
for (const line of readFileSync(0, "utf8").split("\n")) {
  if (line === "") continue;
  const { id, timestamp, signature, body } = JSON.parse(line);
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signature,
  };
  webhook.verify(body, headers);
  let isRefused = false;
  try {
    webhook.verify(body + " ", headers);
  } catch {
    isRefused = true;
  }
  if (!isRefused) throw new Error("a changed body verifies");
  count += 1;
}
console.log(count);
