/** Status and headers of an answer, read to its end: an unread one keeps its connection, and jest's worker with it. */
export async function headOf(url: string, init?: RequestInit): Promise<Pick<Response, 'status' | 'headers'>> {
  const answer = await fetch(url, init);
  await answer.arrayBuffer();
  return answer;
}
