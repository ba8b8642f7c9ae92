/**
 * Every sentence of the Kubernetes API reference on NetworkPolicy, in its order. The text is that of the
 * types' documentation in k8s.io/api (networking/v1) and k8s.io/apimachinery (meta/v1), the same in 1.34,
 * 1.35 and 1.36; Kubernetes is licensed under Apache-2.0.
 */

/** By place: all of its sentences. */
export const reference: Record<string, string[]> = {
  NetworkPolicy: ["NetworkPolicy describes what network traffic is allowed for a set of Pods"],
  "NetworkPolicy.metadata": [
    "Standard object's metadata.",
    "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  ],
  "NetworkPolicy.spec": [
    "spec represents the specification of the desired behavior for this NetworkPolicy.",
  ],
  "NetworkPolicy.status": [
    "Status is tombstoned to show why 3 is a reserved protobuf tag.",
    "This commented field should remain, so in the future if we decide to reimplement NetworkPolicyStatus a different protobuf name and tag SHOULD be used!",
    'Status NetworkPolicyStatus `json:"status,omitempty" protobuf:"bytes,3,opt,name=status"`',
  ],
  PolicyType: [
    "PolicyType string describes the NetworkPolicy type",
    "This type is beta-level in 1.8",
  ],
  PolicyTypeIngress: [
    "PolicyTypeIngress is a NetworkPolicy that affects ingress traffic on selected pods",
  ],
  PolicyTypeEgress: [
    "PolicyTypeEgress is a NetworkPolicy that affects egress traffic on selected pods",
  ],
  NetworkPolicySpec: ["NetworkPolicySpec provides the specification of a NetworkPolicy"],
  "NetworkPolicySpec.podSelector": [
    "podSelector selects the pods to which this NetworkPolicy object applies.",
    "The array of rules is applied to any pods selected by this field.",
    "An empty selector matches all pods in the policy's namespace.",
    "Multiple network policies can select the same set of pods.",
    "In this case, the ingress rules for each are combined additively.",
    "This field is optional.",
    "If it is not specified, it defaults to an empty selector.",
  ],
  "NetworkPolicySpec.ingress": [
    "ingress is a list of ingress rules to be applied to the selected pods.",
    "Traffic is allowed to a pod if there are no NetworkPolicies selecting the pod (and cluster policy otherwise allows the traffic), OR if the traffic source is the pod's local node, OR if the traffic matches at least one ingress rule across all of the NetworkPolicy objects whose podSelector matches the pod.",
    "If this field is empty then this NetworkPolicy does not allow any traffic (and serves solely to ensure that the pods it selects are isolated by default)",
  ],
  "NetworkPolicySpec.egress": [
    "egress is a list of egress rules to be applied to the selected pods.",
    "Outgoing traffic is allowed if there are no NetworkPolicies selecting the pod (and cluster policy otherwise allows the traffic), OR if the traffic matches at least one egress rule across all of the NetworkPolicy objects whose podSelector matches the pod.",
    "If this field is empty then this NetworkPolicy limits all outgoing traffic (and serves solely to ensure that the pods it selects are isolated by default).",
    "This field is beta-level in 1.8",
  ],
  "NetworkPolicySpec.policyTypes": [
    "policyTypes is a list of rule types that the NetworkPolicy relates to.",
    'Valid options are ["Ingress"], ["Egress"], or ["Ingress", "Egress"].',
    "If this field is not specified, it will default based on the existence of ingress or egress rules; policies that contain an egress section are assumed to affect egress, and all policies (whether or not they contain an ingress section) are assumed to affect ingress.",
    'If you want to write an egress-only policy, you must explicitly specify policyTypes [ "Egress" ].',
    'Likewise, if you want to write a policy that specifies that no egress is allowed, you must specify a policyTypes value that include "Egress" (since such a policy would not include an egress section and would otherwise default to just [ "Ingress" ]).',
    "This field is beta-level in 1.8",
  ],
  NetworkPolicyIngressRule: [
    "NetworkPolicyIngressRule describes a particular set of traffic that is allowed to the pods matched by a NetworkPolicySpec's podSelector.",
    "The traffic must match both ports and from.",
  ],
  "NetworkPolicyIngressRule.ports": [
    "ports is a list of ports which should be made accessible on the pods selected for this rule.",
    "Each item in this list is combined using a logical OR.",
    "If this field is empty or missing, this rule matches all ports (traffic not restricted by port).",
    "If this field is present and contains at least one item, then this rule allows traffic only if the traffic matches at least one port in the list.",
  ],
  "NetworkPolicyIngressRule.from": [
    "from is a list of sources which should be able to access the pods selected for this rule.",
    "Items in this list are combined using a logical OR operation.",
    "If this field is empty or missing, this rule matches all sources (traffic not restricted by source).",
    "If this field is present and contains at least one item, this rule allows traffic only if the traffic matches at least one item in the from list.",
  ],
  NetworkPolicyEgressRule: [
    "NetworkPolicyEgressRule describes a particular set of traffic that is allowed out of pods matched by a NetworkPolicySpec's podSelector.",
    "The traffic must match both ports and to.",
    "This type is beta-level in 1.8",
  ],
  "NetworkPolicyEgressRule.ports": [
    "ports is a list of destination ports for outgoing traffic.",
    "Each item in this list is combined using a logical OR.",
    "If this field is empty or missing, this rule matches all ports (traffic not restricted by port).",
    "If this field is present and contains at least one item, then this rule allows traffic only if the traffic matches at least one port in the list.",
  ],
  "NetworkPolicyEgressRule.to": [
    "to is a list of destinations for outgoing traffic of pods selected for this rule.",
    "Items in this list are combined using a logical OR operation.",
    "If this field is empty or missing, this rule matches all destinations (traffic not restricted by destination).",
    "If this field is present and contains at least one item, this rule allows traffic only if the traffic matches at least one item in the to list.",
  ],
  NetworkPolicyPort: ["NetworkPolicyPort describes a port to allow traffic on"],
  "NetworkPolicyPort.protocol": [
    "protocol represents the protocol (TCP, UDP, or SCTP) which traffic must match.",
    "If not specified, this field defaults to TCP.",
  ],
  "NetworkPolicyPort.port": [
    "port represents the port on the given protocol.",
    "This can either be a numerical or named port on a pod.",
    "If this field is not provided, this matches all port names and numbers.",
    "If present, only traffic on the specified protocol AND port will be matched.",
  ],
  "NetworkPolicyPort.endPort": [
    "endPort indicates that the range of ports from port to endPort if set, inclusive, should be allowed by the policy.",
    "This field cannot be defined if the port field is not defined or if the port field is defined as a named (string) port.",
    "The endPort must be equal or greater than port.",
  ],
  IPBlock: [
    `IPBlock describes a particular CIDR (Ex. "192.168.1.0/24","2001:db8::/64") that is allowed to the pods matched by a NetworkPolicySpec's podSelector.`,
    "The except entry describes CIDRs that should not be included within this rule.",
  ],
  "IPBlock.cidr": [
    "cidr is a string representing the IPBlock",
    'Valid examples are "192.168.1.0/24" or "2001:db8::/64"',
  ],
  "IPBlock.except": [
    "except is a slice of CIDRs that should not be included within an IPBlock",
    'Valid examples are "192.168.1.0/24" or "2001:db8::/64"',
    "Except values will be rejected if they are outside the cidr range",
  ],
  NetworkPolicyPeer: [
    "NetworkPolicyPeer describes a peer to allow traffic to/from.",
    "Only certain combinations of fields are allowed",
  ],
  "NetworkPolicyPeer.podSelector": [
    "podSelector is a label selector which selects pods.",
    "This field follows standard label selector semantics; if present but empty, it selects all pods.",
    "If namespaceSelector is also set, then the NetworkPolicyPeer as a whole selects the pods matching podSelector in the Namespaces selected by NamespaceSelector.",
    "Otherwise it selects the pods matching podSelector in the policy's own namespace.",
  ],
  "NetworkPolicyPeer.namespaceSelector": [
    "namespaceSelector selects namespaces using cluster-scoped labels.",
    "This field follows standard label selector semantics; if present but empty, it selects all namespaces.",
    "If podSelector is also set, then the NetworkPolicyPeer as a whole selects the pods matching podSelector in the namespaces selected by namespaceSelector.",
    "Otherwise it selects all pods in the namespaces selected by namespaceSelector.",
  ],
  "NetworkPolicyPeer.ipBlock": [
    "ipBlock defines policy on a particular IPBlock.",
    "If this field is set then neither of the other fields can be.",
  ],
  LabelSelector: [
    "A label selector is a label query over a set of resources.",
    "The result of matchLabels and matchExpressions are ANDed.",
    "An empty label selector matches all objects.",
    "A null label selector matches no objects.",
  ],
  "LabelSelector.matchLabels": [
    "matchLabels is a map of {key,value} pairs.",
    'A single {key,value} in the matchLabels map is equivalent to an element of matchExpressions, whose key field is "key", the operator is "In", and the values array contains only "value".',
    "The requirements are ANDed.",
  ],
  "LabelSelector.matchExpressions": [
    "matchExpressions is a list of label selector requirements.",
    "The requirements are ANDed.",
  ],
  LabelSelectorRequirement: [
    "A label selector requirement is a selector that contains values, a key, and an operator that relates the key and values.",
  ],
  "LabelSelectorRequirement.key": ["key is the label key that the selector applies to."],
  "LabelSelectorRequirement.operator": [
    "operator represents a key's relationship to a set of values.",
    "Valid operators are In, NotIn, Exists and DoesNotExist.",
  ],
  "LabelSelectorRequirement.values": [
    "values is an array of string values.",
    "If the operator is In or NotIn, the values array must be non-empty.",
    "If the operator is Exists or DoesNotExist, the values array must be empty.",
    "This array is replaced during a strategic merge patch.",
  ],
  LabelSelectorOperator: [
    "A label selector operator is the set of operators that can be used in a selector requirement.",
  ],
};

/** By place: the sentence that says nothing which could be shown, and why it has no test. */
export const nothingToShow: Record<string, Record<string, string>> = {
  "NetworkPolicy.metadata": {
    "Standard object's metadata.": "Every object's; the namespace in it is shown at podSelector.",
    "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata":
      "A link.",
  },
  "NetworkPolicy.status": {
    "Status is tombstoned to show why 3 is a reserved protobuf tag.": "There is no such field.",
    "This commented field should remain, so in the future if we decide to reimplement NetworkPolicyStatus a different protobuf name and tag SHOULD be used!":
      "A note to those who work on Kubernetes.",
    'Status NetworkPolicyStatus `json:"status,omitempty" protobuf:"bytes,3,opt,name=status"`':
      "The field that there isn't.",
  },
  PolicyType: { "This type is beta-level in 1.8": "History." },
  "NetworkPolicySpec.egress": { "This field is beta-level in 1.8": "History." },
  "NetworkPolicySpec.policyTypes": { "This field is beta-level in 1.8": "History." },
  NetworkPolicyEgressRule: { "This type is beta-level in 1.8": "History." },
  "LabelSelectorRequirement.values": {
    "This array is replaced during a strategic merge patch.":
      "About patching objects in the API server; policies come here whole.",
  },
};
