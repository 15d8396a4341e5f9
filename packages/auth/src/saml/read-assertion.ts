// What a provider has said, out of the very text that its signature covers: for whom, until when, in answer to what, about whom. Pure.
import { type Asserted, refused } from '../providers/begin-provider-session.ts';
import { assertionNs, attributeOf, childrenOf, parsePlainXml } from './parse-response.ts';

const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
/** Another name each time: nobody is known by it. */
const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
const address = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';
/** However long a provider says: what is older than this is over. */
const validMsMax = 3_600_000;

const emailNames = new Set([
  'email',
  'mail',
  'emailaddress',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'urn:oid:0.9.2342.19200300.100.1.3',
]);
const nameNames = new Set([
  'name',
  'displayname',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name',
  'http://schemas.microsoft.com/identity/claims/displayname',
  'urn:oid:2.16.840.1.113730.3.1.241',
]);

export interface Expected {
  readonly issuer: string;
  readonly entityId: string;
  readonly acsUrl: string;
  readonly requestId: string;
  readonly nowMs: number;
  readonly skewMs: number;
}

/** `signedXml`: what the signature was computed over. `email` as it was said, in small letters. Throws `unauthenticated`. */
export function readAssertion(signedXml: string, expected: Expected): Asserted & { id: string } {
  const assertion = parsePlainXml(signedXml);
  const one = (parent: Element, name: string): Element => {
    const found = childrenOf(parent, assertionNs, name);
    if (found.length !== 1 || found[0] === undefined) throw refused(`the assertion has not exactly one ${name}`);
    return found[0];
  };
  if (assertion.namespaceURI !== assertionNs || assertion.localName !== 'Assertion')
    throw refused('no assertion is signed');
  if (attributeOf(assertion, 'Version') !== '2.0') throw refused('the assertion is of another version');
  if (textOf(one(assertion, 'Issuer')) !== expected.issuer) throw refused('the issuer is another one');
  const issuedMs = timeOf(assertion, 'IssueInstant');
  const { nowMs, skewMs } = expected;
  if (issuedMs > nowMs + skewMs || issuedMs < nowMs - validMsMax) throw refused('the assertion is not of now');

  const conditions = one(assertion, 'Conditions');
  refuseOutsideTime(conditions, expected);
  const restrictions = childrenOf(conditions, assertionNs, 'AudienceRestriction');
  const isForUs = (restriction: Element) =>
    childrenOf(restriction, assertionNs, 'Audience').some((audience) => textOf(audience) === expected.entityId);
  if (restrictions.length === 0 || !restrictions.every(isForUs)) throw refused('the assertion is for somebody else');
  if (childrenOf(assertion, assertionNs, 'AuthnStatement').length === 0) throw refused('nobody has signed in there');

  const subject = one(assertion, 'Subject');
  const confirmation = one(subject, 'SubjectConfirmation');
  if (attributeOf(confirmation, 'Method') !== bearer) throw refused('the assertion is not for who brings it');
  const data = one(confirmation, 'SubjectConfirmationData');
  if (attributeOf(data, 'Recipient') !== expected.acsUrl) throw refused('the recipient is somebody else');
  if (attributeOf(data, 'InResponseTo') !== expected.requestId) throw refused('another request is answered');
  attributeOf(data, 'NotOnOrAfter');
  refuseOutsideTime(data, expected);

  const nameId = one(subject, 'NameID');
  const format = nameId.getAttribute('Format');
  const name = textOf(nameId);
  if (format === transient) throw refused('the provider gives the person another name each time');
  if (name === '' || name.length > 500) throw refused('the provider does not name the person');
  const said = attributesOf(assertion);
  const email = first(said, emailNames) ?? (format === address ? name : '');
  const shown = (first(said, nameNames) ?? '').slice(0, 200);
  return {
    id: attributeOf(assertion, 'ID'),
    subject: name,
    email: email.toLowerCase(),
    name: shown === '' ? email.toLowerCase() : shown,
  };
}

function refuseOutsideTime(element: Element, { nowMs, skewMs }: Expected): void {
  if (element.hasAttribute('NotBefore') && timeOf(element, 'NotBefore') > nowMs + skewMs)
    throw refused('the assertion does not hold yet');
  if (element.hasAttribute('NotOnOrAfter') && timeOf(element, 'NotOnOrAfter') <= nowMs - skewMs)
    throw refused('the assertion does not hold any more');
}

function timeOf(element: Element, name: string): number {
  const text = attributeOf(element, name);
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw refused(`${name} is no time`);
  return ms;
}

/** Of an element that holds nothing but text. */
function textOf(element: Element): string {
  if (element.getElementsByTagName('*').length > 0) throw refused(`${element.localName} holds more than text`);
  const text = (element.textContent ?? '').trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\u0000-\u001f\u007f]/.test(text) || !text.isWellFormed())
    throw refused(`${element.localName} is no plain text`);
  return text;
}

function attributesOf(assertion: Element): Array<{ name: string; value: string }> {
  return childrenOf(assertion, assertionNs, 'AttributeStatement')
    .flatMap((statement) => childrenOf(statement, assertionNs, 'Attribute'))
    .flatMap((attribute) => {
      const [value] = childrenOf(attribute, assertionNs, 'AttributeValue');
      return value === undefined ? [] : [{ name: attributeOf(attribute, 'Name').toLowerCase(), value: textOf(value) }];
    });
}

function first(said: ReadonlyArray<{ name: string; value: string }>, names: ReadonlySet<string>): string | undefined {
  return said.find(({ name, value }) => names.has(name) && value !== '')?.value;
}
