// A real OpenID Connect provider for the tests, on this machine, over TLS.
// node oidc_server.mjs PORT CERTIFICATE KEY REDIRECT_URI CLIENT_ID CLIENT_SECRET
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import Provider from "oidc-provider";

const [port, cert, key, redirectUri, clientId, clientSecret] = process.argv.slice(2);

// Whoever signs in as NAME has NAME@people.example, which is theirs for sure unless NAME says otherwise.
const account = (id) => ({
  accountId: id,
  claims: () => ({
    sub: id,
    email: `${id.replace("unverified-", "")}@people.example`,
    email_verified: !id.startsWith("unverified-"),
    name: id,
  }),
});

const provider = new Provider(`https://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  cookies: { keys: ["of the test"] },
  findAccount: (_context, id) => account(id),
});

createServer({ cert: readFileSync(cert), key: readFileSync(key) }, provider.callback()).listen(
  Number(port),
  "127.0.0.1",
  () => process.stdout.write("ready\n"),
);
