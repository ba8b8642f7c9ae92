/** What the environment tells the client. */
import { baseUrl, replicaVariables } from "../../runtime/environment.ts";
import { seconds } from "../runtime/variables.ts";

export const clientVariables = {
  ...replicaVariables,
  /** The API. */
  API_URL: baseUrl("http://api.items:8090"),
  /** From one request's start to the next one's. */
  INTERVAL_SECONDS: seconds(0.01, 3600, "0.5"),
  /** How long the API may take for an answer once it has been reached. */
  ANSWER_TIMEOUT_SECONDS: seconds(0.05, 3600, "8"),
};
