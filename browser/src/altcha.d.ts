/** The captcha's parts, as Vite bundles them. */
declare module "altcha/altcha.css";
declare module "altcha/i18n/zh-tw";
declare module "altcha/workers/pbkdf2?worker" {
  const PooledWorker: new () => Worker;
  export default PooledWorker;
}
declare module "altcha/workers/sha?worker" {
  const PooledWorker: new () => Worker;
  export default PooledWorker;
}
