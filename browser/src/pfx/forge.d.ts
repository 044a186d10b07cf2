/** The parts of node-forge that are used: old block ciphers, loaded only when an old file asks for them. */
declare module "node-forge/lib/forge.js" {
  interface Buffer {
    getBytes(): string;
  }
  interface Cipher {
    start(options: { iv: string }): void;
    update(input: Buffer): void;
    finish(): boolean;
    readonly output: Buffer;
  }
  interface Rc2Cipher {
    start(iv: string): void;
    update(input: Buffer): void;
    finish(): boolean;
    readonly output: Buffer;
  }
  const forge: {
    readonly util: { createBuffer(bytes: string): Buffer };
    readonly cipher: {
      createCipher(algorithm: "3DES-CBC" | "AES-CBC", key: string): Cipher;
      createDecipher(algorithm: "3DES-CBC" | "AES-CBC", key: string): Cipher;
    };
    readonly rc2: { createDecryptionCipher(key: string, effectiveBits: number): Rc2Cipher };
  };
  export default forge;
}
declare module "node-forge/lib/des.js";
declare module "node-forge/lib/aes.js";
declare module "node-forge/lib/rc2.js";
