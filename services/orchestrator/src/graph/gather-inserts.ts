// LangGraph's saver writes a row a statement, each a way to PostgreSQL and back. Rows that follow one another, of
// one statement that passes over what exists, leave as one. Entered by fence-checkpoints, within a transaction. Pure.

export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

export interface GatheredInserts {
  /** False: it is no such row, or not like those that wait. Nothing was taken. */
  take(text: string, values: readonly unknown[] | undefined): boolean;
  /** What waits, as one statement. Null: nothing does. */
  leave(): Statement | null;
  forget(): void;
}

/** PostgreSQL numbers at most 65,535 values in a statement. */
const valuesMax = 10_000;
// Where rows replace others, two that mean the same one may not stand in one statement.
const oneRow = /^(\s*INSERT INTO [^;]*?VALUES\s*)(\(\$1(?:, \$\d+)*\))(\s*ON CONFLICT \([^)]*\) DO NOTHING\s*)$/;

export function gatherInserts(): GatheredInserts {
  let text: string | null = null;
  let rows: Array<readonly unknown[]> = [];
  return {
    take(next, values) {
      if (values === undefined || !oneRow.test(next)) return false;
      if (text !== null && (text !== next || (rows.length + 1) * values.length > valuesMax)) return false;
      text = next;
      rows.push(values);
      return true;
    },
    leave() {
      if (text === null) return null;
      const statement = {
        text: text.replace(oneRow, (_, head, __, tail) => head + tuples(rows) + tail),
        values: rows.flat(),
      };
      this.forget();
      return statement;
    },
    forget() {
      text = null;
      rows = [];
    },
  };
}

/** `($1, $2), ($3, $4)` */
function tuples(rows: ReadonlyArray<readonly unknown[]>): string {
  let place = 0;
  return rows.map((row) => `(${row.map(() => `$${++place}`).join(', ')})`).join(', ');
}
