// Data: what holds everywhere, beside an organization's own rules and a satellite's. Forbid wins, so that what they `forbid` is the
// floor that nobody can lift.

/** The name under which its rules are told. */
export const defaultName = 'default';

/** The rule for what a runbook or a model proposed. */
export const noPersonWroteIt = 'no-person-wrote-it';

export const defaultRules = `
// Whatever only reads runs.
@id("reading")
permit (principal, action == Action::"reads", resource);

// So does what only asks other machines, when a person wrote it out.
@id("asking-the-network")
permit (principal, action == Action::"network", resource)
when { context.understood && context.asks && context.proposer == "person" };

// Everything else has an approval by another person.
@id("second-person")
permit (principal, action, resource)
when { context.approvals >= 1 };

// What nobody understands, secrets and other users' rights never run without one.
@id("never-alone")
forbid (principal, action in Action::"guarded", resource)
unless { context.approvals >= 1 };

// Nor does a use of which not every argument is known.
@id("fully-described")
forbid (principal, action, resource)
when { !context.understood }
unless { context.approvals >= 1 };

// Nor does anything but reading that no person wrote: what a model proposes may come from text that it read on a node.
@id("${noPersonWroteIt}")
forbid (principal, action, resource)
when { context.proposer != "person" && action != Action::"reads" }
unless { context.approvals >= 1 };
`;
