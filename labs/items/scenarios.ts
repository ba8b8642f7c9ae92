import type { ApiService, Client } from "../../apps/items/workloads.ts";
import { networkPolicies, type Scenario } from "../scenario.ts";
import {
  allowApi,
  allowDb,
  denyAll,
  denyEgress,
  denyIngress,
  egressToClient,
  type Policy,
  quarantine,
} from "./policies.ts";

/** What a scenario of this lab changes. */
export interface Change {
  policies?: Policy[];
  /** What is different about the API's Service. */
  api?: ApiService;
  /** What is different about the client. */
  client?: Client;
  /** Names that CoreDNS says don't exist. */
  missingNames?: string[];
}

/** CoreDNS' configuration, which dns-broken changes: `coredns`, or K3s' `coredns-custom`. */
export const COREDNS = "ConfigMap coredns*";

/** A block for documentation (RFC 5737), which no client's address is in. */
const NOBODYS_ADDRESSES = "192.0.2.0/24";

export const scenarios = {
  open: {
    title: "Everything is reachable",
    teaches:
      "An API with a load balancer before it and PostgreSQL behind it has six hops on which it can be cut off: a name, an address, a Service, a policy, a password, a query. An error that says which hop failed saves the afternoon.",
    symptom: "Items are listed, made, changed and deleted, from outside and from other namespaces.",
    hints: [
      "npm start prints the load balancer's address: curl it, /items and /readyz.",
      "Read what the client gets all the time: npx micromesh play items --logs client.",
      "See who is connected to whom: npx micromesh top --lab items.",
    ],
    explanation:
      "The Service api of type LoadBalancer has an address outside of the cluster; kube-proxy leads connections to a ready pod of the API; that looks up db.items, connects to PostgreSQL with a password from a Secret, and keeps a few connections in a pool.",
    mend: "Nothing is broken. The other scenarios break one hop each.",
    changes: [],
    change: {},
  },
  "deny-ingress": {
    title: "A NetworkPolicy denies ingress to the API",
    teaches:
      "A policy that selects pods and allows nothing cuts them off from everyone but their node: packets are dropped, so clients wait until they give up, and the pods look healthy all the while, for the kubelet still gets through.",
    symptom:
      "Clients of the API hang and time out, inside and outside. kubectl says that its pods are running and ready.",
    hints: [
      "A time-out, and no refusal: somebody drops packets. Is it on the way in or on the way out? Ask from two places.",
      "The API's pods can still talk to PostgreSQL. So what is different about connections to them?",
      "npx micromesh play items --explain client api:8080 names the rule that decides.",
    ],
    explanation:
      "NetworkPolicy deny-ingress selects the API's pods and has no rule, which allows nothing. The CNI drops what comes in, without an answer. The kubelet's probes come from the node, which policies don't hold back, so readiness tells nothing of it.",
    mend: "kubectl delete networkpolicy deny-ingress -n items; or add a rule below `ingress` for who may come in.",
    changes: ["NetworkPolicy deny-ingress"],
    change: { policies: [denyIngress] },
    needs: networkPolicies,
  },
  "selector-mismatch": {
    title: "The API's Service selects a label that no pod has",
    teaches:
      "A Service is a name and an address for whoever its selector finds, and finding nobody is no error: the address stays, and connections to it are refused at once.",
    symptom:
      "Connections to the API are refused at once, by its name and by its load balancer. Its pods are running, and answer when they're asked by their own addresses.",
    hints: [
      "Refused, not timed out: the name resolves and somebody answers no. Does the API itself listen?",
      "kubectl get endpointslices -n items: who is behind the Service?",
      "npx micromesh play items --explain client api.items:8090 names what the Service selects; kubectl get pods -n items --show-labels has the labels that there are.",
    ],
    explanation:
      "The Service selects app.kubernetes.io/name=items-api, and the pods are called api. So it has no endpoints, and kube-proxy rejects connections to an address that has none. It's the pods' labels that count, and not the Deployment's name.",
    mend: 'Select what the pods have: kubectl patch service api -n items -p \'{"spec":{"selector":{"app.kubernetes.io/name":"api"}}}\'',
    changes: ["Service api"],
    change: { api: { selector: { "app.kubernetes.io/name": "items-api" } } },
  },
  "dns-broken": {
    title: "CoreDNS says that the database's name doesn't exist",
    teaches:
      "Most outages that look like the network are names. Connections that are open don't need one, so it breaks bit by bit: what is connected works on, what connects anew doesn't.",
    symptom:
      "The API answers, and says that it isn't ready. Some requests still work, and fewer and fewer do, until each answers 503.",
    hints: [
      "curl /readyz: the body says which hop failed.",
      "Look the name up from the API's pod and from another one: npx micromesh play items --lookup items/api db.items. Which names are found, and which aren't?",
      "All pods ask CoreDNS: kubectl get configmap coredns -n kube-system -o yaml (K3s: coredns-custom).",
    ],
    explanation:
      "CoreDNS' configuration has a template that answers NXDOMAIN for db.items.svc.cluster.local before the kubernetes plugin is asked. The Service and its endpoints are as they were: by its address the database can be reached. The API's pool works on with the connections that it has until they have lived their time.",
    mend: "Take the block out of CoreDNS' configuration; it reads it again within a minute or two. Leaving the scenario does so.",
    changes: [COREDNS],
    change: { missingNames: ["db.items.svc.cluster.local"] },
  },
  "db-egress": {
    title: "Egress from the database is denied",
    teaches:
      "Egress is who begins a connection. A database that may begin none still answers everybody who connects to it, and that is how most of them should run.",
    symptom:
      "The API works as ever. What the database's pod itself begins (a backup, a webhook, a look-up of a name) times out.",
    hints: [
      "Which direction is it? Ask from the API's pod to the database, and from the database's pod to the API.",
      "From the database's pod not even names are found: what else needs egress besides the connection itself?",
      "kubectl get networkpolicy -n items -o yaml, and read policyTypes.",
    ],
    explanation:
      "NetworkPolicy db-egress selects the database's pods for Egress and allows nothing: no new connection leaves them, DNS included. Answers to connections that others have begun are no new connections, so the API never notices.",
    mend: "Nothing, if the database has no business outside. Else allow the one place that it needs, and DNS: scenario db-egress.one-place.",
    changes: ["NetworkPolicy db-egress"],
    change: { policies: [denyEgress] },
    needs: networkPolicies,
  },
  "db-egress.one-place": {
    title: "Egress from the database is allowed to one place",
    teaches:
      "What is allowed is the union of all rules: one for DNS, or no name is found, and one for the place, by namespace and labels together, and by its port.",
    symptom:
      "The database's pod reaches the client's pod, and nothing else: connections to the API, in its own namespace, still time out.",
    hints: [
      "Names are found again. So some egress is allowed: which?",
      "Try each place from the database's pod: npx micromesh play items --ask items/db http://client.items-client:8080/healthz.",
      "kubectl get networkpolicy db-egress -n items -o yaml: `to` has one item with two selectors. What would two items mean?",
    ],
    explanation:
      "The policy allows CoreDNS' port 53, and pods called client in the namespace items-client on port 8080. Both selectors stand in one item, so both must hold; as two items either would do, and all of that namespace would be open.",
    mend: "Add an item for each place that the database needs to reach.",
    changes: ["NetworkPolicy db-egress"],
    after: "db-egress",
    change: { policies: [egressToClient] },
    needs: networkPolicies,
  },
  "load-balancer": {
    title: "The load balancer admits other addresses only",
    teaches:
      "A Service of type LoadBalancer is reached from outside by an address that somebody must hand out, and its source ranges say who may use it: others are dropped, while everyone inside goes on by the Service's own address.",
    symptom:
      "From outside the API times out. Inside the cluster nobody has any trouble, and no policy is to be found.",
    hints: [
      "Only from outside: compare the load balancer's address with the name api.items from a pod.",
      "Has the Service an external address at all? kubectl get service api -n items. minikube gives one while `minikube tunnel` runs, K3s by its servicelb, Cilium by LB IPAM.",
      "kubectl get service api -n items -o yaml: loadBalancerSourceRanges. Are you in there?",
    ],
    explanation: `loadBalancerSourceRanges holds ${NOBODYS_ADDRESSES} only, a block that is for documentation. kube-proxy (or the cloud's load balancer) drops connections to the external address from anywhere else; the Service's cluster address isn't filtered.`,
    mend: "Put your own range into loadBalancerSourceRanges, or take it away. Keep externalTrafficPolicy: Local, or the node's address is all that anybody sees of a client.",
    changes: ["Service api"],
    change: { api: { sourceRanges: [NOBODYS_ADDRESSES] } },
  },
  discovery: {
    title: "The client asks for the API by a name that means something else where it is",
    teaches:
      "A Service's short name is good in its own namespace, name and namespace everywhere in the cluster, the full name as well and without search; a headless Service's name stands for its pods, and SRV records have the ports.",
    symptom:
      "The client finds no API at all, while everybody else does. The API, its Service and its endpoints are in order.",
    hints: [
      "Read the client's log: npx micromesh play items --logs items-client/client. Which name does it ask for?",
      "Look that name up from the client's pod and from the API's: npx micromesh play items --lookup items-client/client api. Why do the answers differ?",
      "cat /etc/resolv.conf in both pods: the first search domain is the pod's own namespace.",
    ],
    explanation:
      "The client asks for `api`. A resolver appends the search domains, the pod's own namespace first: api.items-client.svc.cluster.local, which isn't there. api.items is found from everywhere, for the second domain is svc.cluster.local.",
    mend: "Call it api.items: the client's variable API_URL.",
    changes: ["Deployment client"],
    change: { client: { apiHost: "api" } },
  },
  monitoring: {
    title: "A policy cuts the client off, and the figures show it",
    teaches:
      "A cut path shows in figures before anybody complains: connections fall, drops rise, and CPU falls with the work that no longer comes. Look before, during and after.",
    symptom:
      "The API has little to do all of a sudden. From outside it works, and nothing of it has changed.",
    hints: [
      "npx micromesh top --lab items: whose connections and drops differ from before?",
      "The drops are at the client. Is it the way out of its pod, or the way into the API's?",
      "kubectl get networkpolicy -A: look in the client's namespace, too.",
    ],
    explanation:
      "NetworkPolicy quarantine selects the client's pods for Egress and allows DNS only: names are found, and every connection is dropped. The figures of the API tell that nobody comes; only those of the client tell why.",
    mend: "kubectl delete networkpolicy quarantine -n items-client. Then look again: drops stay where they are, and connections come back.",
    changes: ["NetworkPolicy quarantine"],
    change: { policies: [quarantine] },
    needs: networkPolicies,
  },
  "policy-lifecycle": {
    title: "First policy: nobody reaches anything in the namespace",
    teaches:
      "One policy that selects all pods and allows nothing makes a namespace a closed one. What is open from before may live on; what is new is dropped.",
    symptom: "All of a sudden nothing in the namespace can be reached, not even by its own pods.",
    hints: [
      "npx micromesh timeline items shows what gets through while policies come and go.",
      "The API's pod can't connect to PostgreSQL, in its own namespace: so it isn't about namespaces.",
      "kubectl get networkpolicy -n items: an empty podSelector selects everything.",
    ],
    explanation:
      "NetworkPolicy default-deny selects all pods of the namespace for Ingress and allows nothing. It's where to begin: from now on each path that is needed is a policy of its own.",
    mend: "Go on: allow the API, then the database (policy-lifecycle.allow-api, policy-lifecycle.allow-db).",
    changes: ["NetworkPolicy default-deny"],
    change: { policies: [denyAll] },
    needs: networkPolicies,
  },
  "policy-lifecycle.allow-api": {
    title: "Second policy: the API is open, and its database isn't",
    teaches:
      "Policies add up: a pod accepts what any of those that select it allows. To open a path each hop of it must be open.",
    symptom: "The API answers again, and what it answers is that its database doesn't.",
    hints: [
      "curl /readyz: the hop is connect, and it timed out.",
      "Nobody may connect to the database's pods: which policies select them?",
      "kubectl get networkpolicy -n items: one selects the API's pods, none that allows anything the database's.",
    ],
    explanation:
      "allow-api opens port 8080 of the API's pods for all. The database's pods are still selected by default-deny only, so the API's new connections to it are dropped.",
    mend: "Allow the API to reach the database: policy-lifecycle.allow-db.",
    changes: ["NetworkPolicy default-deny", "NetworkPolicy allow-api"],
    after: "policy-lifecycle",
    change: { policies: [denyAll, allowApi] },
    needs: networkPolicies,
  },
  "policy-lifecycle.allow-db": {
    title: "Third policy: all that is needed is open, and nothing else",
    teaches:
      "Least privilege is a default deny and one policy for each path that is needed; whoever isn't named hears nothing.",
    symptom:
      "Everything works, but for the client's direct connections to PostgreSQL, which time out.",
    hints: [
      "Who still can't connect, and to whom?",
      "Was that path ever needed? npx micromesh predict --lab items tells what is needed from what is only permitted.",
      "npx micromesh predict --suggest --lab items writes such policies.",
    ],
    explanation:
      "allow-db lets the API's pods, and no others, connect to PostgreSQL. The client has no business there: it's a path that was there only because nobody had closed it.",
    mend: "Nothing: this is how it should be.",
    changes: ["NetworkPolicy default-deny", "NetworkPolicy allow-api", "NetworkPolicy allow-db"],
    after: "policy-lifecycle.allow-api",
    change: { policies: [denyAll, allowApi, allowDb] },
    needs: networkPolicies,
  },
  "policy-lifecycle.removed": {
    title: "Two policies are removed: the database is open to everybody again, the API still isn't",
    teaches:
      "No rule says no: a pod is closed because some policy selects it, and open to all when the last one that does is gone. Removing policies opens more than adding them ever closed.",
    symptom:
      "Somebody has tidied up. Everything works, and the client's direct connections to PostgreSQL, which nobody wanted, do so again.",
    hints: [
      "Which policies are left, and which pods does each of them select?",
      "Try other ports of the API's pods than 8080, and any of the database's: which are closed?",
      "npx micromesh play items --explain client db:5432: by which rules is it allowed now?",
    ],
    explanation:
      "default-deny and allow-db are gone, so no policy selects the database's pods, and they accept everybody. allow-api is left: it selects the API's pods, so these accept only what it allows, although no deny is there.",
    mend: "Put default-deny back, and allow-db with it.",
    changes: ["NetworkPolicy allow-api"],
    after: "policy-lifecycle.allow-db",
    change: { policies: [allowApi] },
    needs: networkPolicies,
  },
} satisfies Record<string, Scenario<Change>>;

export type ScenarioName = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as ScenarioName[];
