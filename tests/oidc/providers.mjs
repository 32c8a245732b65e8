// OpenID providers on 127.0.0.1 for the tests of signing in. The one argument is JSON:
// [{port, clientId, clientSecret, redirectUris, postLogoutRedirectUris, backchannelLogoutUri, forms, names}].
// Whoever signs in is the account that was set last by POST /test/account; with `forms` a person fills in a form.
import { Provider } from "oidc-provider";

const listen = (options) => {
  const issuer = `http://127.0.0.1:${options.port}`;
  const state = { account: null, deny: false, tokens: [] };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: options.clientId,
        client_secret: options.clientSecret,
        redirect_uris: options.redirectUris,
        post_logout_redirect_uris: options.postLogoutRedirectUris,
        backchannel_logout_uri: options.backchannelLogoutUri,
        backchannel_logout_session_required: true,
        grant_types: ["authorization_code", "refresh_token"],
      },
    ],
    claims: {
      sid: null,
      openid: ["sub"],
      profile: ["name", "family_name", "given_name", "middle_name", "birthdate"],
      email: ["email", "email_verified"],
      snils: ["snils", "trusted"],
    },
    conformIdTokenClaims: false,
    cookies: { keys: ["a key of the tests"] },
    features: {
      devInteractions: { enabled: options.forms === true },
      backchannelLogout: { enabled: true },
      revocation: { enabled: true },
    },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, ...(options.people?.[id] ?? { name: id }) }),
    }),
    // Its own fetch refuses addresses of this machine, where the gateway of the tests is.
    fetch: (url, { dispatcher, ...rest }) => fetch(url, rest),
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    ttl: { AccessToken: 600, IdToken: 600, Interaction: 600, Session: 3600, Grant: 3600, RefreshToken: 3600 },
  });
  const finish = async (context) => {
    const { prompt, params } = await provider.interactionDetails(context.req, context.res);
    if (state.deny) {
      const result = { error: "access_denied", error_description: "the person did not want it" };
      return provider.interactionFinished(context.req, context.res, result, { mergeWithLastSubmission: false });
    }
    if (prompt.name === "login") {
      const result = { login: { accountId: state.account } };
      return provider.interactionFinished(context.req, context.res, result, { mergeWithLastSubmission: false });
    }
    const grant = new provider.Grant({ accountId: state.account, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const result = { consent: { grantId: await grant.save() } };
    return provider.interactionFinished(context.req, context.res, result, { mergeWithLastSubmission: true });
  };
  provider.use(async (context, next) => {
    if (context.path === "/test/account" && context.method === "POST") {
      Object.assign(state, { deny: false }, Object.fromEntries(new URLSearchParams(context.querystring)));
      context.status = 204;
      context.body = null;
      return undefined;
    }
    if (context.path === "/test/tokens") {
      context.body = state.tokens;
      return undefined;
    }
    if (!options.forms && context.path.startsWith("/interaction/")) {
      context.respond = false;
      return finish(context);
    }
    await next();
    if (context.path === "/token") {
      state.tokens.push([context.status, context.body?.error ?? context.oidc?.params?.grant_type]);
    }
    return undefined;
  });
  return new Promise((resolve) => {
    provider.listen(options.port, "127.0.0.1", resolve);
  });
};

await Promise.all(JSON.parse(process.argv[2]).map(listen));
console.log("ready");
