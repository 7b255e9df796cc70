/**
 * voms: the extension of a proxy that VOMS makes, in openssl's words.
 */

/** What a VOMS server signs, as far as its reader looks: validity and attributes. */
export function vomsExtension(hours: number): string {
  const time = (ms: number): string => new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  return `1.3.6.1.4.1.8005.100.100.5=ASN1:SEQUENCE:acs
[acs]
list=SEQUENCE:list
[list]
ac=SEQUENCE:ac
[ac]
info=SEQUENCE:info
[info]
version=INTEGER:1
validity=SEQUENCE:validity
attributes=SEQUENCE:attributes
extensions=SEQUENCE:validity
[attributes]
attribute=SEQUENCE:attribute
[attribute]
type=OID:1.3.6.1.4.1.8005.100.100.4
values=SET:values
[values]
value=SEQUENCE:value
[value]
fqans=SEQUENCE:fqans
[fqans]
role=OCTETSTRING:/lhcb/Role=production/Capability=NULL
group=OCTETSTRING:/lhcb/Role=NULL/Capability=NULL
[validity]
from=GENERALIZEDTIME:${time(Date.now() - 3_600_000)}
to=GENERALIZEDTIME:${time(Date.now() + hours * 3_600_000)}
`;
}
