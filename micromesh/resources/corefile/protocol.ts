/** Words of the DNS protocol that a Corefile may hold. */

/** Types of records in plugins' arguments (IANA, "DNS Parameters"), the common ones. */
export const RECORD_TYPES = [
  "ANY",
  "A",
  "AAAA",
  "CAA",
  "CNAME",
  "DNSKEY",
  "DS",
  "HINFO",
  "HTTPS",
  "MX",
  "NAPTR",
  "NS",
  "PTR",
  "SOA",
  "SRV",
  "SVCB",
  "TXT",
];

/** Codes of answers (RFC 1035, 2136). */
export const RCODES = [
  "NOERROR",
  "FORMERR",
  "SERVFAIL",
  "NXDOMAIN",
  "NOTIMP",
  "REFUSED",
  "YXDOMAIN",
  "YXRRSET",
  "NXRRSET",
  "NOTAUTH",
  "NOTZONE",
];
