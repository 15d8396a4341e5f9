// A thing to press. `busy` keeps its width, shows a spinner and can't be pressed twice.
import { cva, type VariantProps } from 'class-variance-authority';
import { Slot } from 'radix-ui';
import type { ComponentProps } from 'react';
import { classNames } from './class-names.ts';
import { Spinner } from './spinner.tsx';

const buttonVariants = cva(
  'relative inline-flex shrink-0 align-middle items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors select-none disabled:opacity-55 disabled:cursor-not-allowed [&_svg]:shrink-0',
  {
    variants: {
      variant: {
        primary: 'bg-primary text-primary-foreground hover:bg-primary-hover',
        secondary: 'border border-input bg-surface text-foreground hover:bg-muted',
        ghost: 'text-muted-foreground hover:bg-muted hover:text-foreground',
        danger: 'bg-danger text-danger-foreground hover:bg-danger-hover',
        'danger-outline': 'border border-input bg-surface text-danger hover:bg-danger-soft',
        link: 'text-primary underline-offset-4 hover:underline',
      },
      size: {
        sm: 'h-7 px-2.5 text-[0.8125rem] [&_svg]:size-3.5',
        md: 'h-9 px-3.5 text-sm [&_svg]:size-4',
        icon: 'size-8 [&_svg]:size-4',
        inline: 'h-auto px-0 text-[length:inherit] [&_svg]:size-3.5',
      },
    },
    defaultVariants: { variant: 'secondary', size: 'md' },
  },
);

type ButtonProps = ComponentProps<'button'> &
  VariantProps<typeof buttonVariants> & { asChild?: boolean; busy?: boolean };

export function Button({ className, variant, size, asChild, busy, children, disabled, type, ...props }: ButtonProps) {
  const classes = classNames(buttonVariants({ variant, size }), className);
  if (asChild === true) {
    return (
      <Slot.Root className={classes} {...props}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button
      type={type ?? 'button'}
      className={classes}
      disabled={disabled === true || busy === true}
      aria-busy={busy === true ? true : undefined}
      {...props}
    >
      {busy === true && <Spinner className="absolute" />}
      <span className={classNames('inline-flex items-center gap-1.5', busy === true && 'invisible')}>{children}</span>
    </button>
  );
}
