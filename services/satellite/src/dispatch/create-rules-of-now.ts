// Entered before each step of a beginning: whether the customer's own rules let it begin by now, since it may have waited for hours. Looks at
// their file once a turn of the event loop, and judges a dispatch once, however many nodes it has, until file or hour are others.
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import type { Rules } from '@sena/policy/rules/rule';
import type { LocalRules } from '../config/open-local-rules.ts';
import type { SatelliteConfig } from '../config/satellite-config.ts';
import { notStarted } from './end-execution.ts';
import type { NotStarted } from './execution-rooms.ts';
import { judgeCommand } from './judge-command.ts';

export type RulesOfNow = {
  /** Null: it may begin. All else that was judged when it came stays as it is while the process lives. */
  objection(envelope: DispatchEnvelope): NotStarted | null;
  /** It came, and these rules had nothing against it at that time. */
  agreed(envelope: DispatchEnvelope, rules: Rules | null, atMs: number): void;
};

type Judged = { rules: Rules; hour: number; objection: NotStarted | null };

export function createRulesOfNow(
  parser: ShellParser,
  policy: SatelliteConfig['policy'],
  localRules: LocalRules,
): RulesOfNow {
  const judged = new WeakMap<DispatchEnvelope, Judged>();
  let current: { rules: Rules | null } | null = null;

  function rulesOfTurn(): Rules | null {
    if (current === null) {
      current = { rules: localRules.current() };
      setImmediate(() => {
        current = null;
      });
    }
    return current.rules;
  }

  return {
    objection(envelope) {
      const rules = rulesOfTurn();
      if (rules === null) return null;
      const hour = hourOf(Date.now());
      const known = judged.get(envelope);
      if (known?.rules === rules && known.hour === hour) return known.objection;
      const judgement = judgeCommand(parser, envelope, policy, rules);
      const objection = judgement.kind === 'refused' ? notStarted(judgement.reason, judgement.detail) : null;
      judged.set(envelope, { rules, hour, objection });
      return objection;
    },
    agreed(envelope, rules, atMs) {
      if (rules !== null) judged.set(envelope, { rules, hour: hourOf(atMs), objection: null });
    },
  };
}

/** Of time, rules know hour and weekday in UTC: within one hour they say the same. */
function hourOf(ms: number): number {
  return Math.floor(ms / 3_600_000);
}
