import { aMesh, ciliumPolicies, networkPolicies, type Scenario } from "../scenario.ts";
import { type Policy, policies } from "./policies.ts";

/** What a scenario of this lab changes. */
export interface Change {
  /** All pods of the lab get a sidecar. */
  meshed: boolean;
  /** Rules that stand in Redis' namespace. */
  policies: Policy[];
}

const CASE_2 = "curl -H 'Host: pippo.lan' localhost:8080/redis/GET/time";

export const scenarios = {
  open: {
    title: "Everyone may talk to Redis",
    teaches:
      "A cluster without policies is flat: every pod reaches every other one, and the namespaces are only names.",
    symptom:
      "Everything works, and that is the trouble: the time can be read from Redis by anyone who finds it, past the app.",
    hints: [
      `Read the time without the app: ${CASE_2}. Should that be possible?`,
      "Which pods reach redis-svc.d-redis:6379? Ask from Apache's pod, which has no business there.",
      "Look for a NetworkPolicy in d-redis, and don't find one: npx micromesh predict shows who may.",
    ],
    explanation:
      "Kubernetes' network lets every pod talk to every other one unless a policy selects it. A namespace is no border, neither is a Service: whoever knows the name gets an answer, the ingress controller included.",
    mend: "Choose one of the other scenarios: each keeps all but the app from Redis, by other means.",
    changes: [],
    change: { meshed: false, policies: policies.open },
  },
  isolated: {
    title: "Redis accepts the app only, by NetworkPolicy",
    teaches:
      "A NetworkPolicy drops packets: whoever isn't let in hears nothing and waits until it gives up, and it takes a CNI that enforces it.",
    symptom:
      "The app counts as ever. Whoever read the time from Redis directly waits two seconds and then gets 503 from Apache.",
    hints: [
      `Compare the two cases: curl -H 'Host: pippo.lan' localhost:8080/count/get and ${CASE_2}.`,
      "Ask the HTTP front from Apache's pod: silence. Nobody refuses, so something drops packets on the way.",
      "npx micromesh predict --explain b-apacherr/apache d-redis/redis-http:7379 names the policy and its rule.",
    ],
    explanation:
      "NetworkPolicy isolate-namespace selects all pods of d-redis, and a pod that is selected accepts only what some rule allows: its own namespace, and the pods called counter in c-app-count. The CNI drops the rest without an answer, so Apache's connection times out and Apache answers 503 in its stead.",
    mend: "If Apache is meant to read from Redis, let it in: one more item below `from`. Else nothing is to be mended: this is the isolation that the lab is about.",
    changes: ["NetworkPolicy isolate-namespace"],
    change: { meshed: false, policies: policies.isolated },
    needs: networkPolicies,
  },
  "isolated-cilium": {
    title: "Redis accepts the app only, by CiliumNetworkPolicy",
    teaches:
      "Cilium decides by identity, which it derives from a pod's labels and namespace and not from its address; the client sees what it sees with any other policy of the network: nothing.",
    symptom:
      "Just as with a NetworkPolicy: case 1 lives, case 2 ends in 503 after two seconds, and kubectl get networkpolicy shows nothing at all.",
    hints: [
      "No NetworkPolicy is there, and packets are dropped all the same: what else can a CNI enforce?",
      "kubectl get ciliumnetworkpolicies -A; with Cilium's own tools: hubble observe --verdict DROPPED.",
      "npx micromesh predict --explain b-apacherr/apache d-redis/redis-http:7379 names the policy.",
    ],
    explanation:
      "CiliumNetworkPolicy isolate-namespace says the same in Cilium's words: fromEndpoints matches by labels, of which the namespace is one. Cilium turns labels into a numeric identity and decides by that, wherever the pod's address is. To the client all policies of the network look alike.",
    mend: "As with the NetworkPolicy: one more item below fromEndpoints for whoever is to be let in.",
    changes: ["CiliumNetworkPolicy isolate-namespace"],
    change: { meshed: false, policies: policies["isolated-cilium"] },
    needs: ciliumPolicies,
  },
  "isolated-mesh": {
    title: "Redis accepts the app only, by the mesh",
    teaches:
      "A mesh decides by proven identity, the service account in a certificate, and it answers: 403 over HTTP, a closed connection over TCP, a reset for whoever has no certificate to show.",
    symptom:
      "Case 1 lives, and case 2 is refused at once: 403, RBAC: access denied. The ingress controller's connections to Redis are reset.",
    hints: [
      "It's an answer this time, and a quick one: somebody took the connection and said no. Who speaks HTTP before the HTTP front does?",
      "Every pod has a second container, its sidecar. Compare what a pod with one (Apache) and one without (the ingress controller) get.",
      "kubectl get authorizationpolicy,peerauthentication -n d-redis; npx micromesh predict --explain b-apacherr/apache d-redis/redis-http:7379.",
    ],
    explanation:
      "PeerAuthentication STRICT has the sidecars of d-redis take mTLS only: a client without a sidecar has no certificate and is reset. AuthorizationPolicy isolate-namespace then lets in the app's service account and those of its own namespace; anybody else is known, and refused: over HTTP with 403, over TCP by closing.",
    mend: "Add Apache's principal, cluster.local/ns/b-apacherr/sa/apache, to the policy's rule if it's to be let in.",
    changes: [
      "PeerAuthentication isolate-namespace",
      "AuthorizationPolicy isolate-namespace",
      "Deployment apache",
      "Deployment counter",
      "Deployment redis",
      "Deployment redis-http",
    ],
    change: { meshed: true, policies: policies["isolated-mesh"] },
    needs: aMesh,
  },
} satisfies Record<string, Scenario<Change>>;

export type ScenarioName = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as ScenarioName[];
