/**
 * What the API server or a webhook rejects in Ingresses, Gateways and routes, as far as hosts and destinations
 * are read of them.
 */
import { type Checker, type Fields, isEmpty, isSet } from "../checker.ts";
import { isPortName } from "../names.ts";
import { notPortName } from "./pods.ts";

/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/ */
export function checkIngress(check: Checker, spec: Fields, field: string): void {
  check.text(spec.ingressClassName, `${field}.ingressClassName`);
  if (isEmpty(spec.rules) && !isSet(spec.defaultBackend)) {
    check.report(field, "has neither rules nor defaultBackend; give one");
  }
  if (isSet(spec.defaultBackend)) {
    checkIngressBackend(check, spec.defaultBackend, `${field}.defaultBackend`);
  }
  for (const [rule, place] of check.each(spec.rules, `${field}.rules`)) {
    check.text(rule.host, `${place}.host`);
    const http = check.fields(rule.http, `${place}.http`);
    if (http) checkIngressPaths(check, http.paths, `${place}.http.paths`);
  }
  for (const [tls, place] of check.each(spec.tls, `${field}.tls`)) {
    check.strings(tls.hosts, `${place}.hosts`);
    check.text(tls.secretName, `${place}.secretName`);
  }
}

const PATH_TYPES = ["Exact", "Prefix", "ImplementationSpecific"];

function checkIngressPaths(check: Checker, value: unknown, field: string): void {
  if (isEmpty(value)) check.report(field, "is empty; give at least one path");
  for (const [path, place] of check.each(value, field)) {
    check.requiredOneOf(path.pathType, PATH_TYPES, `${place}.pathType`);
    const text = check.text(path.path ?? "", `${place}.path`);
    const mayBeEmpty = path.pathType === "ImplementationSpecific";
    if (text === "" && !mayBeEmpty) {
      check.report(`${place}.path`, "is missing; a path begins with /");
    } else if (text && !text.startsWith("/")) {
      check.report(
        `${place}.path`,
        `is ${check.show(text, `${place}.path`)}; a path begins with /`,
      );
    }
    checkIngressBackend(check, path.backend, `${place}.backend`);
  }
}

function checkIngressBackend(check: Checker, value: unknown, field: string): void {
  const backend = check.fields(value ?? {}, field);
  if (!backend) return;
  if (isSet(backend.service) === isSet(backend.resource)) {
    check.report(field, "must have either service: {name, port} or resource; write one of them");
  }
  const service = check.fields(backend.service, `${field}.service`);
  if (!service) return;
  check.requiredText(service.name, `${field}.service.name`, "name the Service");
  const place = `${field}.service.port`;
  const port = check.fields(service.port ?? {}, place);
  if (!port) return;
  if (isSet(port.number) === isSet(port.name)) {
    check.report(place, "must have either number or name; write one of them");
  }
  if (isSet(port.number)) check.port(port.number, `${place}.number`);
  const name = check.text(port.name, `${place}.name`);
  if (name && !isPortName(name)) {
    check.report(`${place}.name`, notPortName(check, name, `${place}.name`));
  }
}

/** https://istio.io/latest/docs/reference/config/networking/gateway/ */
export function checkIstioGateway(check: Checker, spec: Fields, field: string): void {
  check.textMap(spec.selector, `${field}.selector`);
  for (const [server, place] of check.each(spec.servers, `${field}.servers`)) {
    const port = check.fields(server.port, `${place}.port`);
    if (!port) {
      if (!isSet(server.port))
        check.report(`${place}.port`, "is missing; write {number, name, protocol}");
    } else {
      check.port(port.number, `${place}.port.number`);
      check.text(port.name, `${place}.port.name`);
      check.text(port.protocol, `${place}.port.protocol`);
    }
    check.strings(server.hosts, `${place}.hosts`);
    if (isEmpty(server.hosts)) {
      check.report(`${place}.hosts`, 'is empty; write host names, or "*"');
    }
  }
}

/** https://istio.io/latest/docs/reference/config/networking/virtual-service/ */
export function checkVirtualService(check: Checker, spec: Fields, field: string): void {
  check.strings(spec.hosts, `${field}.hosts`);
  check.strings(spec.gateways, `${field}.gateways`);
  check.strings(spec.exportTo, `${field}.exportTo`);
  for (const protocol of ["http", "tls", "tcp"]) {
    for (const [rule, place] of check.each(spec[protocol], `${field}.${protocol}`)) {
      for (const [match, at] of check.each(rule.match, `${place}.match`)) {
        check.integer(match.port, `${at}.port`, 1, 65535);
        check.strings(match.gateways, `${at}.gateways`);
        check.strings(match.sniHosts, `${at}.sniHosts`);
      }
      for (const [route, at] of check.each(rule.route, `${place}.route`)) {
        check.integer(route.weight, `${at}.weight`, 0);
        checkDestination(check, route.destination ?? {}, `${at}.destination`);
      }
      if (isSet(rule.mirror)) checkDestination(check, rule.mirror, `${place}.mirror`);
      check.fields(rule.redirect, `${place}.redirect`);
      check.fields(rule.delegate, `${place}.delegate`);
    }
  }
}

function checkDestination(check: Checker, value: unknown, field: string): void {
  const destination = check.fields(value, field);
  if (!destination) return;
  check.requiredText(destination.host, `${field}.host`, "name the Service");
  check.text(destination.subset, `${field}.subset`);
  const port = check.fields(destination.port, `${field}.port`);
  if (port) check.port(port.number, `${field}.port.number`);
}

/** https://gateway-api.sigs.k8s.io/reference/spec/ */
export function checkGateway(check: Checker, spec: Fields, field: string): void {
  check.requiredText(spec.gatewayClassName, `${field}.gatewayClassName`, "name a GatewayClass");
  for (const [listener, place] of check.each(spec.listeners, `${field}.listeners`)) {
    check.requiredText(listener.name, `${place}.name`, "name the listener");
    check.port(listener.port, `${place}.port`);
    check.requiredText(
      listener.protocol,
      `${place}.protocol`,
      "write HTTP, HTTPS, TLS, TCP or UDP",
    );
    check.text(listener.hostname, `${place}.hostname`);
  }
}

/** HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, UDPRoute. */
export function checkRoute(check: Checker, spec: Fields, field: string): void {
  for (const [parent, place] of check.each(spec.parentRefs, `${field}.parentRefs`)) {
    checkReference(check, parent, place, "name the Gateway");
    check.text(parent.sectionName, `${place}.sectionName`);
  }
  check.strings(spec.hostnames, `${field}.hostnames`);
  for (const [rule, place] of check.each(spec.rules, `${field}.rules`)) {
    for (const [match, at] of check.each(rule.matches, `${place}.matches`)) {
      const path = check.fields(match.path, `${at}.path`);
      check.text(path?.type, `${at}.path.type`);
      check.text(path?.value, `${at}.path.value`);
    }
    for (const [backend, at] of check.each(rule.backendRefs, `${place}.backendRefs`)) {
      checkReference(check, backend, at, "name the Service");
      check.integer(backend.weight, `${at}.weight`, 0);
    }
  }
}

function checkReference(check: Checker, reference: Fields, field: string, hint: string): void {
  check.requiredText(reference.name, `${field}.name`, hint);
  for (const name of ["namespace", "kind", "group"])
    check.text(reference[name], `${field}.${name}`);
  check.integer(reference.port, `${field}.port`, 1, 65535);
}
