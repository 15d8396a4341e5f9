// A run event as one line of the timeline. Pure; the switch is exhaustive, so a new event type can't be forgotten here.

import type { RunStatus } from '@sena/contracts/domain/run';
import type { RunEventData } from '@sena/contracts/domain/run-event';
import { formatCount } from '../time/format-time.ts';
import { describeCounts } from './describe-counts.ts';

export type EventTone = 'plain' | 'good' | 'waiting' | 'bad' | 'unknown';

export interface EventLine {
  title: string;
  detail: string | null;
  tone: EventTone;
}

/** `satelliteNames`: what the satellites are called, by id; an id without a name stands for itself. */
export function describeEvent(data: RunEventData, satelliteNames: ReadonlyMap<string, string>): EventLine {
  switch (data.type) {
    case 'run.created':
      return { title: 'Asked', detail: null, tone: 'plain' };
    case 'run.status':
      return describeStatus(data.status, data.reason);
    case 'run.scoped':
      return {
        title: `${formatCount(data.nodeCount, 'node')} in ${formatCount(data.siteCount, 'site')}`,
        detail: data.note,
        tone: data.nodeCount === 0 ? 'bad' : 'plain',
      };
    case 'run.planned':
      return {
        title: `Planned ${formatCount(data.steps.length, 'step')}`,
        detail: data.summary === '' ? null : data.summary,
        tone: 'plain',
      };
    case 'run.gated':
      return describeGate(data);
    case 'approval.decided':
      return {
        title: `${data.decision === 'approve' ? 'Approved' : 'Rejected'} by ${data.by}`,
        detail: data.reason,
        tone: data.decision === 'approve' ? 'good' : 'bad',
      };
    case 'dispatch.written':
      return {
        title: `${formatCount(data.executionCount, 'execution')} written down`,
        detail: `In ${formatCount(data.dispatchIds.length, 'dispatch', 'dispatches')}, each signed for one satellite before it is sent`,
        tone: 'plain',
      };
    case 'dispatch.sent':
      return {
        title: `Sent to ${satelliteNames.get(data.satelliteId) ?? data.satelliteId}`,
        detail: null,
        tone: 'plain',
      };
    case 'executions.started':
      return { title: `${formatCount(data.count, 'execution')} started`, detail: null, tone: 'plain' };
    case 'executions.finished':
      return {
        title: `${formatCount(data.count, 'execution')} ended`,
        detail: `So far: ${describeCounts(data.counts)}`,
        tone: data.counts.unknown > 0 ? 'unknown' : 'plain',
      };
    case 'run.answered':
      return {
        title: 'Answered',
        detail: data.findingCount === 0 ? null : formatCount(data.findingCount, 'finding'),
        tone: 'good',
      };
    case 'run.note':
      return { title: data.text, detail: null, tone: 'plain' };
  }
}

function describeGate({ decision, reasons, approvers }: Extract<RunEventData, { type: 'run.gated' }>): EventLine {
  const detail = reasons[0] ?? null;
  switch (decision) {
    case 'allow':
      return { title: 'Policy: nobody has to approve it', detail, tone: 'good' };
    case 'require_approval':
      return {
        title: `Policy: ${approvers === 2 ? 'two other people decide' : 'a second person decides'}`,
        ...{ detail, tone: 'waiting' },
      };
    case 'deny':
      return { title: 'Policy: refused', detail, tone: 'bad' };
  }
}

function describeStatus(status: RunStatus, reason: string | null): EventLine {
  switch (status) {
    case 'queued':
      return { title: 'Queued', detail: reason, tone: 'plain' };
    case 'running':
      return { title: 'Running', detail: reason, tone: 'plain' };
    case 'awaiting_approval':
      return { title: 'Waiting for approval', detail: reason, tone: 'waiting' };
    case 'scheduled':
      return { title: 'Waiting for its time', detail: reason, tone: 'waiting' };
    case 'succeeded':
      return { title: 'Report written', detail: reason, tone: 'good' };
    // Why a run ended stands on its page, and once is enough.
    case 'failed':
      return { title: 'Failed', detail: null, tone: 'bad' };
    case 'cancelled':
      return { title: 'Cancelled', detail: null, tone: 'plain' };
  }
}
