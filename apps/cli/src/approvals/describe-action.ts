// An action as a person reads it before signing: every command, environment and node, nothing hidden, nothing that moves the cursor. Pure.
import type { Action } from '@sena/contracts/envelope';
import { showCommand } from '@sena/envelope/show-command';

export function describeAction(action: Action): string {
  const lines: string[] = [];
  let hidden = 0;
  const show = (text: string): string => {
    const shown = showCommand(text);
    hidden += shown.escapes.length;
    return shown.text;
  };
  /** One line stays one line. */
  const line = (text: string): string => show(text).replaceAll('\n', '\\n');

  lines.push(
    `Organization  ${line(action.organizationId)}`,
    `Run           ${line(action.runId)}`,
    `Valid         ${line(action.notBefore)} to ${line(action.expiresAt)}`,
  );
  for (const [index, { step, shell, command, environment, limits, nodes }] of action.commands.entries()) {
    lines.push('', `Command ${index + 1} of ${action.commands.length} (${line(step)}), run by ${shell}:`, '');
    lines.push(
      ...show(command)
        .split('\n')
        .map((each) => `  │ ${each}`),
    );
    const variables = Object.entries(environment);
    const wait =
      limits.nodeWaitMs === undefined ? '' : `; a node that is away is waited for ${limits.nodeWaitMs / 1_000} s`;
    lines.push(
      '',
      `  Environment   ${variables.length === 0 ? 'none' : ''}`.trimEnd(),
      ...variables.map(([name, value]) => `    ${line(name)}=${line(value)}`),
      `  Limits        ${limits.timeoutMs / 1_000} s, ${limits.outputBytesMax} bytes of output${wait}`,
      `  Nodes         ${nodes.length}`,
      ...nodes.map(
        (node) =>
          `    ${line(node.name)}  ${line(node.runAs)}@${line(node.address)}:${node.port}  key ${node.hostKey === null ? 'as pinned there' : line(node.hostKey)}  credential ${line(node.credential)}  through ${line(node.satelliteId)}  (${line(node.nodeId)})`,
      ),
    );
  }
  if (hidden > 0) {
    lines.push(
      '',
      `⚠ ${hidden} hidden, direction-changing or look-alike ${hidden === 1 ? 'character is' : 'characters are'} written as \\u{…}.`,
    );
  }
  return lines.join('\n');
}
