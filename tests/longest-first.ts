// The order of the test files: who takes long comes first, so that at the end no core waits for one long file. Entered by vitest.
// A file that is not in the list comes after those that are; what was measured on this machine before counts for nothing, so that every
// run has the same order. The list need not be exact: `reports/vitest.json` has the times of the last run.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Projects whose files share processes, in this order: the short ones end it. */
const sharing = ['together', 'pure'];

const longest = [
  'tests/e2e/npm-start-does-the-main-job.test.ts',
  // How long a start takes is asserted there: beside it run those that wait more than they compute.
  'services/satellite/src/dispatch/an-unknown-end-is-found-out-after-all.test.ts',
  'services/orchestrator/src/a-stopped-worker-changes-nothing.test.ts',
  'services/orchestrator/src/sweeper/every-lost-doorbell-is-healed.test.ts',
  'services/orchestrator/src/a-run-begins-at-its-time.test.ts',
  'services/satellite/src/dispatch/what-expires-in-the-queue-says-what-held-it-up.test.ts',
  'services/satellite/src/dispatch/work-waits-for-nodes-that-are-away.test.ts',
  'tests/e2e/one-press-decides-one-approval.test.ts',
  'services/gateway/src/a-foreign-principal-finds-nothing.test.ts',
  'tests/faults/a-few-faults-change-nothing-that-is-told.test.ts',
  'tests/e2e/a-database-superuser-changes-nothing.test.ts',
  'tests/e2e/bad-nodes-get-a-true-outcome.test.ts',
  'services/satellite/src/dispatch/a-change-runs-at-most-once.test.ts',
  'tests/e2e/a-rewritten-past-is-found-out.test.ts',
  'tests/e2e/members-join-in-the-console.test.ts',
  'services/satellite/src/dispatch/a-change-needs-a-listed-passkey.test.ts',
  'tests/e2e/keys-change-under-way.test.ts',
  'services/satellite/src/dispatch/another-satellites-work-is-found-out.test.ts',
  'tests/e2e/a-policy-holds-once-it-is-saved.test.ts',
  'services/satellite/src/guard/the-lock-decides-in-every-shell.test.ts',
  'tests/redteam/stolen-credentials-run-nothing.test.ts',
  'tests/fuzz/a-short-fuzz-breaks-nothing.test.ts',
  'tests/e2e/a-person-approves-with-a-passkey.test.ts',
  'tests/faults/redis-that-dies-under-load-loses-no-command.test.ts',
  'packages/auth/src/identity-is-proved.test.ts',
  'tests/e2e/a-rolling-restart-loses-nothing.test.ts',
  'services/orchestrator/src/a-run-that-kills-its-workers-ends.test.ts',
  'tests/e2e/sent-work-is-found-out-by-another-satellite.test.ts',
  'services/satellite/src/guard/a-guarded-change-is-found-out.test.ts',
  'tests/e2e/losing-redis-loses-no-run.test.ts',
  'services/gateway/src/the-reference-page-leads-nowhere-else.test.ts',
  'services/satellite/src/dispatch/every-end-of-a-command-is-told-truthfully.test.ts',
  'services/gateway/src/members-come-and-go.test.ts',
  'tests/e2e/one-of-several-satellites-may-go.test.ts',
  'packages/knowledge/src/runbooks-find-planted-faults.test.ts',
  'services/gateway/src/a-saml-answer-counts-once-and-as-it-was-signed.test.ts',
  'services/satellite/src/tunnel/a-broken-tunnel-loses-nothing.test.ts',
  'services/gateway/src/bad-input-is-refused.test.ts',
  'tests/e2e/secrets-are-nowhere.test.ts',
  'tests/e2e/only-outbound-connections.test.ts',
  'services/orchestrator/src/sinks/every-record-is-delivered.test.ts',
  'services/satellite/src/ssh/output-is-whole-or-told-as-cut.test.ts',
  'services/gateway/src/a-second-factor-is-asked-for.test.ts',
  'infra/local/src/test/boundaries-are-seen.test.ts',
  'services/gateway/src/a-second-person-decides.test.ts',
  'services/satellite/src/dispatch/what-forbids-a-start-is-looked-at-until-it-leaves.test.ts',
  'services/satellite/src/dispatch/the-halt-switch-stops-what-has-not-begun.test.ts',
  'services/gateway/src/a-directory-speaks-for-one-organization.test.ts',
  'services/orchestrator/src/a-step-that-is-repeated-finds-what-it-had-written.test.ts',
  'services/signer/src/the-signer-signs-what-satellites-accept.test.ts',
  'apps/cli/src/approvals/a-lying-server-is-found-out.test.ts',
  'services/orchestrator/src/a-flood-of-runs-does-not-hold-up-another-organization.test.ts',
  'services/satellite/src/output/long-output-survives-cuts.test.ts',
  'services/relay/src/a-satellite-comes-back.test.ts',
  'services/gateway/src/a-key-does-no-more-than-its-scopes.test.ts',
  'services/gateway/src/events-resume-where-they-stopped.test.ts',
  'packages/lab/src/a-host-is-a-machine-of-its-own.test.ts',
  'services/gateway/src/a-provider-speaks-for-its-own-people.test.ts',
  'infra/local/src/supervisor/crashed-process-is-started-again.test.ts',
  'packages/lab/src/faults-show-and-controls-are-clean.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort(
      (a, b) => turnOf(a) - turnOf(b) || rankOf(a) - rankOf(b) || (a.moduleId < b.moduleId ? -1 : 1),
    );
  }
}

/** Those that share a process come last, one after the other: a file of another project between them would end that process. */
function turnOf({ project }: TestSpecification): number {
  return project.config.isolate ? 0 : sharing.indexOf(project.name) + 1;
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = longest.findIndex((file) => moduleId.endsWith(`/${file}`));
  return rank === -1 ? longest.length : rank;
}
