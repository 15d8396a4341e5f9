// SENA's mark and name.
export function Logo() {
  return (
    <span className="inline-flex items-center gap-2">
      <svg viewBox="0 0 32 32" fill="none" aria-hidden="true" className="size-6">
        <rect width="32" height="32" rx="8" className="fill-primary" />
        <path
          d="M16 16 8.6 9.6M16 16l7.4-6.4M16 16v8.6"
          className="stroke-primary-foreground"
          strokeWidth="2.2"
          strokeLinecap="round"
        />
        <circle cx="16" cy="16" r="3.6" className="fill-primary-foreground" />
        <g className="fill-primary-foreground opacity-75">
          <circle cx="8.4" cy="9.4" r="2.5" />
          <circle cx="23.6" cy="9.4" r="2.5" />
          <circle cx="16" cy="25" r="2.5" />
        </g>
      </svg>
      <span className="text-[0.9375rem] font-semibold tracking-tight">SENA</span>
    </span>
  );
}
