/** What went wrong, as a code that a page turns into a sentence, with the figures that the sentence needs. */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly parameters: Readonly<Record<string, string | number>>;

  constructor(code: Code, parameters: Record<string, string | number> = {}, options?: ErrorOptions) {
    super(`${code}${Object.keys(parameters).length > 0 ? ` ${JSON.stringify(parameters)}` : ""}`, options);
    this.name = new.target.name;
    this.code = code;
    this.parameters = parameters;
  }
}
