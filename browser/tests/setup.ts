import fc from "fast-check";
import "fake-indexeddb/auto";

// What fast-check thinks of is the same each time, as is the verdict; `make soak` lets it think of something new.
if (!process.env["CERTCENTER_SOAK"]) fc.configureGlobal({ seed: 20_261_121 });
