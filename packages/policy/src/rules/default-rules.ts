// Data: what holds everywhere, beside an organization's own rules and a satellite's. Forbid wins, so that the two `forbid` are the
// floor that nobody can lift.

/** The name under which its rules are told. */
export const defaultName = 'default';

export const defaultRules = `
@id("reading")
permit (principal, action == Action::"reads", resource);

@id("second-person")
permit (principal, action, resource)
when { context.approvals >= 1 };

@id("never-alone")
forbid (principal, action in Action::"guarded", resource)
unless { context.approvals >= 1 };

@id("fully-described")
forbid (principal, action, resource)
when { !context.understood }
unless { context.approvals >= 1 };
`;
