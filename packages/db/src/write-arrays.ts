// How arrays are written in PostgreSQL's text form. What comes with pg asks of every element several times what it is: of the rows of a
// large run that is a tenth of a second. Pure.

/** Nothing in it has a meaning in an array, and it is not NULL or empty. */
const plain = /^(?!null$)[\w:.+/-]+$/i;

/** null: there is something else in it than text, numbers, truth values, bytes and nulls, and pg is to write it. */
export function writeArray(values: readonly unknown[]): string | null {
  let text = '{';
  for (const [place, value] of values.entries()) {
    if (place > 0) text += ',';
    if (value === null || value === undefined) text += 'NULL';
    else if (typeof value === 'string') text += plain.test(value) ? value : `"${value.replaceAll(/[\\"]/g, '\\$&')}"`;
    else if (typeof value === 'number' || typeof value === 'boolean') text += value;
    else if (Buffer.isBuffer(value)) text += `\\\\x${value.toString('hex')}`;
    else return null;
  }
  return `${text}}`;
}
