// Where everything begins: a question in plain words, or an exact command with what the policy says to it.
'use client';
import type { CreateRunBody } from '@sena/contracts/http/runs';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { Kbd } from '@sena/ui/kbd';
import { Notice } from '@sena/ui/notice';
import { Segmented } from '@sena/ui/segmented';
import { ArrowRight, MessageCircleQuestion, Server, SquareTerminal } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { describeFailure, fieldError, isSaidAtFields } from '../api/describe-failure.ts';
import { InlineText } from '../output/inline-text.tsx';
import { useMe } from '../session/use-me.ts';
import { useCommandKey } from '../shell/use-command-key.ts';
import { ExampleQuestions } from './example-questions.tsx';
import { isSendKey } from './is-send-key.ts';
import { PolicyPreview } from './policy-preview.tsx';
import { StartAtField } from './start-at-field.tsx';
import { useCreateRun } from './use-create-run.ts';

type Kind = 'ask' | 'command';

export function AskBox() {
  const params = useSearchParams();
  const [kind, setKind] = useState<Kind>(params.get('kind') === 'command' ? 'command' : 'ask');
  const [prompt, setPrompt] = useState(params.get('prompt') ?? '');
  const [command, setCommand] = useState(params.get('command') ?? '');
  const [selector, setSelector] = useState(params.get('selector') ?? '');
  /** As the field has it: in the browser's time zone, without saying so. */
  const [startAt, setStartAt] = useState('');
  const me = useMe();
  const commandKey = useCommandKey();
  const create = useCreateRun();
  const textId = useId();
  const nodesId = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const text = kind === 'ask' ? prompt : command;
  const busy = create.isPending || create.isSuccess;

  // A link from elsewhere (the command menu, "Ask about this node") may arrive while the page is already open.
  useEffect(() => {
    if (params.get('kind') === 'command') setKind('command');
    else if (params.has('prompt')) setKind('ask');
    const [newPrompt, newCommand, newSelector] = [params.get('prompt'), params.get('command'), params.get('selector')];
    if (newPrompt !== null) setPrompt(newPrompt);
    if (newCommand !== null) setCommand(newCommand);
    if (newSelector !== null) setSelector(newSelector);
    field.current?.focus();
  }, [params]);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (text.trim() === '' || busy) return;
    create.mutate(toBody(kind, text.trim(), selector.trim(), startAt));
  }

  function onKeyDown(event: KeyboardEvent<HTMLFormElement>) {
    if (event.nativeEvent.isComposing || !isSendKey(event, event.target === field.current ? kind : 'line')) return;
    event.preventDefault();
    form.current?.requestSubmit();
  }

  // What no shell can read, and a selector that can't be, is said by the preview.
  const isSaidAbove = kind === 'command' && isSaidAtFields(create.error, ['command', 'selector']);
  const selectorError = fieldError(create.error, 'selector');
  return (
    <div className="flex flex-col gap-4">
      <Card className="focus-within:border-ring/70">
        <form ref={form} onSubmit={submit} onKeyDown={onKeyDown} className="flex flex-col">
          <div className="flex flex-wrap items-center justify-between gap-2 p-3 pb-0">
            <Segmented
              label="Kind of request"
              value={kind}
              onChange={(next) => {
                setKind(next);
                create.reset();
                field.current?.focus();
              }}
              options={[
                {
                  value: 'ask',
                  label: (
                    <>
                      <MessageCircleQuestion aria-hidden /> Question
                    </>
                  ),
                },
                {
                  value: 'command',
                  label: (
                    <>
                      <SquareTerminal aria-hidden /> Run a command
                    </>
                  ),
                },
              ]}
            />
          </div>
          <label htmlFor={textId} className="sr-only">
            {kind === 'ask' ? 'Ask' : 'Command'}
          </label>
          <textarea
            id={textId}
            ref={field}
            data-slash-focus
            rows={3}
            value={text}
            maxLength={kind === 'ask' ? 8_000 : 16_384}
            spellCheck={kind === 'ask'}
            autoCapitalize="off"
            autoComplete="off"
            placeholder={
              kind === 'ask'
                ? 'Which disks are almost full?   Why is web-07 slow?'
                : 'systemctl status nginx --no-pager'
            }
            onChange={(event) => (kind === 'ask' ? setPrompt : setCommand)(event.target.value)}
            className={`field-sizing-content max-h-80 min-h-24 w-full resize-none bg-transparent px-4 py-3 outline-none placeholder:text-muted-foreground ${kind === 'ask' ? 'text-base leading-6' : 'font-mono text-sm leading-6'}`}
          />
          {kind === 'command' && (
            <div className="px-4 pb-3">
              <PolicyPreview command={command} selector={selector} startsLater={startAt !== ''} />
            </div>
          )}
          <div className="flex flex-wrap items-center gap-2 border-t border-border p-2.5">
            <label
              htmlFor={nodesId}
              className={`flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md border border-transparent px-2 focus-within:border-input ${kind === 'command' ? 'basis-full' : 'basis-52'}`}
            >
              <Server aria-hidden className="size-4 shrink-0 text-muted-foreground" />
              <span className="shrink-0 text-[0.8125rem] text-muted-foreground">On nodes</span>
              <input
                id={nodesId}
                value={selector}
                maxLength={2_000}
                onChange={(event) => setSelector(event.target.value)}
                placeholder="* for all, or name=web-01"
                spellCheck={false}
                autoCapitalize="off"
                autoComplete="off"
                aria-invalid={selectorError !== null ? true : undefined}
                className="w-full min-w-0 bg-transparent font-mono text-[0.8125rem] outline-none placeholder:font-sans placeholder:text-muted-foreground"
              />
            </label>
            {kind === 'command' && <StartAtField value={startAt} onChange={setStartAt} error={create.error} />}
            <span className="ml-auto hidden items-center gap-1 text-xs text-muted-foreground sm:flex" aria-hidden>
              {kind === 'command' && <Kbd>{commandKey}</Kbd>}
              <Kbd>↵</Kbd>
            </span>
            <Button type="submit" variant="primary" size="sm" className="h-8" busy={busy} disabled={text.trim() === ''}>
              {kind === 'ask' ? 'Ask' : startAt === '' ? 'Run' : 'Schedule'} <ArrowRight aria-hidden />
            </Button>
          </div>
        </form>
      </Card>
      {create.error !== null && !isSaidAbove && (
        <Notice tone="danger" role="alert" title={describeFailure(create.error).title}>
          <InlineText text={describeFailure(create.error).detail} />
        </Notice>
      )}
      {kind === 'ask' && (
        <ExampleQuestions
          onChoose={(question) => {
            setPrompt(question);
            field.current?.focus();
          }}
        />
      )}
      {kind === 'ask' && !me.planners.includes('model') && (
        <p className="text-xs text-muted-foreground">
          No model is configured: questions are answered by the runbook that fits best, and the answer says so.
        </p>
      )}
    </div>
  );
}

function toBody(kind: Kind, text: string, selector: string, startAt: string): CreateRunBody {
  if (kind === 'command') {
    const at = startAt === '' ? {} : { startAt: new Date(startAt).toISOString() };
    return { kind, command: text, selector: selector === '' ? '*' : selector, ...at };
  }
  return { kind, prompt: text, ...(selector === '' ? {} : { selector }) };
}
