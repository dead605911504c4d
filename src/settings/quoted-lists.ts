/** Something that was put right on reading. */
export interface YamlNotice {
  readonly line: number;
  readonly text: string;
}

const item = String.raw`(?:"[^"]*"|'[^']*'|[^\s"',#]+)`;
/** `domains: "a","b"`, which the official documentation shows and which is no YAML. */
const quotedList = new RegExp(
  String.raw`^(?<head>\s*(?:-\s+)?(?<field>domains|instanceId)\s*:\s*)(?<list>${item}(?:\s*,\s*${item})*)\s*,?\s*(?:#.*)?$`,
);

/** Makes `field: "a","b"` one text, line by line, so that positions stay as they are. */
export function joinQuotedLists(text: string): {
  readonly text: string;
  readonly notices: readonly YamlNotice[];
} {
  const notices: YamlNotice[] = [];
  const lines = text.split('\n').map((line, index) => {
    const { head, field, list } = quotedList.exec(line.replace(/\r$/, ''))?.groups ?? {};
    if (head === undefined || list === undefined || !/["'].*,/.test(list)) return line;
    const joined = JSON.stringify(list.replaceAll(/["'\s]/g, ''));
    notices.push({ line: index + 1, text: `was read as one list; write ${field}: ${joined}` });
    return head + joined;
  });
  return { text: lines.join('\n'), notices };
}
