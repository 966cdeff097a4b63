export async function serveFinalizedRange(_a: any, _b: any): Promise<any> { return { blocks: [], certificate: undefined } }
