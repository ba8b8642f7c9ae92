import { readEnvironment, run } from "../../runtime/environment.ts";
import { serveUntilStopped } from "../../runtime/http/serve.ts";
import { createService } from "../../runtime/http/service.ts";
import { ask } from "./asking.ts";
import { History } from "./history.ts";
import { Metrics } from "./metrics.ts";
import { clientRoutes } from "./routes.ts";
import { clientVariables } from "./variables.ts";

const SUMMARY_MS = 10_000;

run(async () => {
  const settings = readEnvironment(clientVariables, process.env);
  const { PORT, POD_NAME, VERSION, API_URL } = settings;
  const history = new History(console.log);
  const metrics = new Metrics();
  const app = await createService({
    name: "client",
    description: "What somebody gets who asks the items API all the time.",
    replica: POD_NAME,
    version: VERSION,
  });
  clientRoutes(app, { api: API_URL, history, metrics });
  let stop: () => void = () => {};
  await serveUntilStopped(app, {
    port: PORT,
    started() {
      stop = ask({
        api: API_URL,
        intervalMs: settings.INTERVAL_SECONDS * 1000,
        answerTimeoutMs: settings.ANSWER_TIMEOUT_SECONDS * 1000,
        ended(entry) {
          history.add(entry);
          metrics.ended(entry);
        },
      });
      setInterval(() => console.log(`last 10 s: ${history.summary()}`), SUMMARY_MS).unref();
      return undefined;
    },
    close: () => stop(),
  });
});
