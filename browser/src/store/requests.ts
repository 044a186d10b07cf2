/** The result of an IndexedDB request, as a promise that rejects with the request's DOMException. */
export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new DOMException("no reason given", "UnknownError"));
    };
  });
}
