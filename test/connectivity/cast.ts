/** Whom the specs' policies are about, unless a spec needs others. */
import { pod } from "./world.ts";

export const web = pod(
  "a/web",
  { app: "web" },
  {
    ports: [
      { name: "http", containerPort: 8080, protocol: "TCP" },
      { name: "dns", containerPort: 53, protocol: "UDP" },
    ],
  },
);
export const client = pod("a/client", { app: "client" }, { serviceAccount: "client" });
/** Of the same labels as `client`, in another namespace. */
export const stranger = pod("b/client", { app: "client" });
export const node = "node 192.168.49.2";
/** Of the same labels as `stranger`, on the node's network. */
export const agent = pod(
  "b/agent",
  { app: "client" },
  { hostNetwork: true, ips: ["192.168.49.2"] },
);
export const outside = "external 203.0.113.7";
