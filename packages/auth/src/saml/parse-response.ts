// The form of a SAML answer, before anything of it is believed: small, plain XML, with one signed assertion at the one place where it
// belongs. Whatever could be read in two ways is refused here: entities, comments, a second assertion, a signature elsewhere. Pure.
import { DOMParser } from '@xmldom/xmldom';
import { refused } from '../providers/begin-provider-session.ts';

export const responseBytesMax = 128 * 1024;
const elementsMax = 2_000;
const depthMax = 40;

const protocolNs = 'urn:oasis:names:tc:SAML:2.0:protocol';
export const assertionNs = 'urn:oasis:names:tc:SAML:2.0:assertion';
const signatureNs = 'http://www.w3.org/2000/09/xmldsig#';

const success = 'urn:oasis:names:tc:SAML:2.0:status:Success';
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const enveloped = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
/** No SHA-1, no HMAC. */
const signatureMethods = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
]);
const digestMethods = new Set(['http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmlenc#sha512']);

/** Of the answer as it was posted: the request that it says it answers. Throws `unauthenticated`. */
export function parseResponse(posted: string, acsUrl: string): { inResponseTo: string } {
  const response = parsePlainXml(decode(posted));
  if (!isNamed(response, protocolNs, 'Response')) throw refused('the answer is no SAML response');
  const assertions = everywhere(response).filter(({ localName }) => localName === 'Assertion');
  const [assertion] = assertions;
  if (assertions.length !== 1 || assertion === undefined) throw refused('there is not exactly one assertion');
  if (!isNamed(assertion, assertionNs, 'Assertion') || assertion.parentNode !== response)
    throw refused('the assertion is not where it belongs');
  refuseFailure(response);
  refuseOddIds(response);
  refuseOddSignatures(response, assertion);
  if (response.hasAttribute('Destination') && response.getAttribute('Destination') !== acsUrl)
    throw refused('the answer was sent to somebody else');
  return { inResponseTo: attributeOf(response, 'InResponseTo') };
}

/** Of XML that came over the network. Throws `unauthenticated`. */
export function parsePlainXml(xml: string): Element {
  // A document type brings entities. Comments and CDATA split one text into two, and readers differ in which they take.
  if (xml.includes('<!')) throw refused('the XML has a document type, a comment or CDATA');
  if (/<\?(?!xml )/.test(xml) || xml.lastIndexOf('<?') > 0) throw refused('the XML has instructions');
  if (/&(?!(amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)/.test(xml)) throw refused('the XML has entities');
  refuseTooMuch(xml);
  const complain = (message: string) => {
    throw refused(`the XML is not well-formed: ${message}`);
  };
  const document = new DOMParser({
    errorHandler: { warning: complain, error: complain, fatalError: complain },
  }).parseFromString(xml, 'text/xml');
  const root: Element | null | undefined = document?.documentElement;
  if (root === null || root === undefined) throw refused('the XML is empty');
  return root;
}

/** Children of this name, in the order in which they stand. */
export function childrenOf(parent: Element, ns: string, name: string): Element[] {
  return Array.from(parent.childNodes).filter((node): node is Element => isElement(node) && isNamed(node, ns, name));
}

/** Throws `unauthenticated` when it is not there. */
export function attributeOf(element: Element, name: string): string {
  const value = element.getAttribute(name);
  if (value === null || value === '') throw refused(`${element.localName} has no ${name}`);
  return value;
}

function decode(posted: string): string {
  const base64 = posted.replaceAll(/[\r\n\t ]/g, '');
  if (base64.length > Math.ceil((responseBytesMax * 4) / 3) + 4) throw refused('the answer is too large');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw refused('the answer is not base64');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
  } catch (cause) {
    throw refused('the answer is not UTF-8', cause);
  }
}

/** Parsers go from level to level: the text is measured before one sees it. */
function refuseTooMuch(xml: string): void {
  let depth = 0;
  let elements = 0;
  for (const [tag] of xml.matchAll(/<[^>]*>/g)) {
    if (tag.startsWith('</')) depth -= 1;
    else {
      elements += 1;
      if (!tag.endsWith('/>') && !tag.startsWith('<?')) depth += 1;
    }
    if (elements > elementsMax || depth > depthMax) throw refused('the XML has too many elements');
  }
}

function refuseFailure(response: Element): void {
  const statuses = childrenOf(response, protocolNs, 'Status').flatMap((status) =>
    childrenOf(status, protocolNs, 'StatusCode'),
  );
  if (statuses.length !== 1 || statuses[0]?.getAttribute('Value') !== success)
    throw refused('the provider has signed nobody in');
}

/** An id names one element: a signature that names it covers that one and no other. */
function refuseOddIds(response: Element): void {
  const seen = new Set<string>();
  for (const element of everywhere(response)) {
    for (const { localName, value } of Array.from(element.attributes)) {
      if (localName?.toLowerCase() !== 'id') continue;
      if (localName !== 'ID' || !/^[A-Za-z_][\w.-]{0,255}$/.test(value)) throw refused('an id is not one');
      if (seen.has(value)) throw refused('an id is there twice');
      seen.add(value);
    }
  }
}

function refuseOddSignatures(response: Element, assertion: Element): void {
  const signatures = everywhere(response).filter(({ localName }) => localName === 'Signature');
  for (const signature of signatures) {
    const signed = signature.parentNode as Element;
    if (!isNamed(signature, signatureNs, 'Signature') || (signed !== response && signed !== assertion))
      throw refused('a signature is not where it belongs');
    refuseOddSignature(signature, signed);
  }
  for (const signed of [response, assertion]) {
    const own = childrenOf(signed, signatureNs, 'Signature').length;
    if (own > 1 || (signed === assertion && own === 0)) throw refused('the assertion is not signed once');
  }
}

function refuseOddSignature(signature: Element, signed: Element): void {
  const all = everywhere(signature);
  const only = (name: string): Element => {
    const found = all.filter(({ localName }) => localName === name);
    if (found.length !== 1 || found[0] === undefined || found[0].namespaceURI !== signatureNs)
      throw refused(`a signature has not exactly one ${name}`);
    return found[0];
  };
  const algorithmOf = (name: string) => attributeOf(only(name), 'Algorithm');
  if (all.some(({ localName }) => localName === 'Object')) throw refused('a signature has content of its own');
  only('SignedInfo');
  only('SignatureValue');
  only('DigestValue');
  if (attributeOf(only('Reference'), 'URI') !== `#${attributeOf(signed, 'ID')}`)
    throw refused('a signature is of something else than what it stands in');
  if (!signatureMethods.has(algorithmOf('SignatureMethod')))
    throw refused('a signature is of a kind that is not taken');
  if (!digestMethods.has(algorithmOf('DigestMethod'))) throw refused('a digest is of a kind that is not taken');
  if (algorithmOf('CanonicalizationMethod') !== exclusive) throw refused('a signature is not over exclusive XML');
  const transforms = all.filter(({ localName }) => localName === 'Transform').map((t) => t.getAttribute('Algorithm'));
  if (transforms.length !== 2 || transforms[0] !== enveloped || transforms[1] !== exclusive)
    throw refused('a signature changes what it signs');
}

/** An element and all below it. */
function everywhere(element: Element): Element[] {
  return [element, ...Array.from(element.getElementsByTagName('*'))];
}

function isNamed(element: Element, ns: string, name: string): boolean {
  return element.namespaceURI === ns && element.localName === name;
}

function isElement(node: Node): node is Element {
  return node.nodeType === 1;
}
