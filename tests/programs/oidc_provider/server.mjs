// A provider of OpenID Connect whose people, client and address stand in the file that is named.

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));

// Its packages are in a cache, not beside this file.
const packages = createRequire(`${settings.packages}/`);
const { Provider } = await import(pathToFileURL(packages.resolve("oidc-provider")).href);

const provider = new Provider(settings.issuer, {
  clients: [
    {
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      redirect_uris: settings.redirects,
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  claims: {
    openid: ["sub"],
    profile: ["preferred_username", "name"],
    email: ["email", "email_verified"],
    groups: ["groups"],
  },
  scopes: ["openid", "profile", "email", "groups"],
  pkce: { required: () => true },
  cookies: { keys: [settings.clientSecret] },
  features: { devInteractions: { enabled: true } },
  findAccount: (context, id) => {
    const claims = settings.people[id];
    return claims && { accountId: id, claims: async () => ({ sub: id, ...claims }) };
  },
});

const tls = { cert: readFileSync(settings.certificate), key: readFileSync(settings.key) };
createServer(tls, provider.callback()).listen(settings.port, "127.0.0.1");
