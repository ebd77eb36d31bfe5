// The life of a key, as the client that is generated into `client/` sees it. `rust/src/main.rs` lives the same life.

import {
  CheckingApi,
  Configuration,
  KeysApi,
  KeyStatus,
  ProblemCode,
  ProblemFromJSON,
  ProjectsApi,
  ResponseError,
  SessionApi,
  VerifyCode,
  type CreatedKey,
  type Key,
  type KeyPage,
  type Problem,
  type Project,
  type UpdateKeyRequest,
} from "./client/index.js";

/** Where the server is, a management token, and the account that it belongs to. */
export interface World {
  origin: string;
  token: string;
  email: string;
  password: string;
}

/** `true` where the type `T` has no field of this name. */
type Lacks<T, Name extends string> = Name extends keyof T ? false : true;

const keyLacksSecret: Lacks<Key, "secret"> = true;
const pageLacksSecret: Lacks<KeyPage["items"][number]["secrets"][number], "secret"> = true;

const DESCRIPTION = "Ada's notebook - TypeScript client";

/** Lives it. The first thing that is not as it must be is an error with a sentence. */
export async function live(world: World): Promise<void> {
  try {
    await liveIn(world);
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    const { status, url } = error.response;
    throw new Error(`${url} answered ${status}: ${await error.response.text()}`, { cause: error });
  }
}

async function liveIn({ origin, token, email, password }: World): Promise<void> {
  const configuration = new Configuration({ basePath: origin, accessToken: token });
  const project = await new ProjectsApi(configuration).createProject({
    createProjectRequest: { name: "TypeScript client" },
  });
  const life = new Life(origin, project, new KeysApi(configuration), new CheckingApi(configuration));
  const first = await life.create();
  await life.isShownOnce(first);
  await life.holds(first);
  const second = await life.rotate(first);
  await life.endOverlap(first, second);
  await life.update(second);
  await life.revoke(second);
  await life.refuses(second.key.id);
  await signIn(origin, email, password);
}

class Life {
  constructor(
    private origin: string,
    private project: Project,
    private keys: KeysApi,
    private checking: CheckingApi,
  ) {}

  async create(): Promise<CreatedKey> {
    const created = await this.keys.createKey({
      projectId: this.project.id,
      createKeyRequest: { description: DESCRIPTION, environment: "development" },
    });
    // Strict: a secret that might be absent is no string.
    const secret: string = created.secret;
    that(secret.startsWith("lk_"), "a secret begins with lk_");
    same("its description", created.key.description, DESCRIPTION);
    same("its environment", created.key.environment, "development");
    same("its status", created.key.status, KeyStatus.Active);
    same("its project", created.key.projectId, this.project.id);
    same("its endpoint", created.endpointUrl, this.project.endpointUrl);
    return created;
  }

  /** The types have no place for the secret, and what the server sends is looked at, too. */
  async isShownOnce(created: CreatedKey): Promise<void> {
    that(keyLacksSecret && pageLacksSecret, "a key has no place for its secret");
    const shown = await this.keys.showKeyRaw(this.place(created));
    const listed = await this.keys.listKeysRaw({ projectId: this.project.id, status: "active", limit: 10 });
    for (const { raw } of [shown, listed]) {
      that(!(await raw.clone().text()).includes(created.secret), "a secret is shown once");
    }
    const key = await shown.value();
    same("the key's hint", key.hint, created.key.hint);
    same("when it was made", key.createdAt.getTime(), created.key.createdAt.getTime());
    const page = await listed.value();
    same("the keys listed", page.items.map(({ id }) => id).join(), created.key.id);
    same("the next page", page.nextCursor, null);
  }

  /** What the server says of a secret to another program, and to its holder. */
  async holds(created: CreatedKey): Promise<void> {
    const result = await this.checking.verifyKey({
      verifyRequest: { key: created.secret, project: this.project.slug },
    });
    same("whether a new key is valid", result.valid, true);
    same("the answer's code", result.code, VerifyCode.Valid);
    same("the key verified", result.keyId, created.key.id);
    const holder = new CheckingApi(new Configuration({ basePath: this.origin, accessToken: created.secret }));
    const self = await holder.showKeySelf();
    same("the holder's key", self.id, created.key.id);
    same("the holder's expiry", self.expiresAt, null);
  }

  async rotate(first: CreatedKey): Promise<CreatedKey> {
    const second = await this.keys.rotateKey({
      ...this.place(first),
      rotateKeyRequest: { overlapSeconds: 3600 },
    });
    same("the key rotated", second.key.id, first.key.id);
    that(second.secret !== first.secret, "a rotation makes a new secret");
    const retires = second.key.secrets.map(({ retiresAt }) => retiresAt !== null);
    same("which secrets retire", retires.join(), "false,true");
    await this.verifies("the old secret in the overlap", first, VerifyCode.Valid);
    await this.verifies("the new secret in the overlap", second, VerifyCode.Valid);
    return second;
  }

  async endOverlap(first: CreatedKey, second: CreatedKey): Promise<void> {
    const receipt = await this.keys.endOverlap(this.place(second));
    same("the receipt's kind", receipt.kind, "overlap_end");
    same("nodes that confirmed", receipt.nodes.acknowledged, receipt.nodes.live);
    await this.verifies("the old secret afterwards", first, VerifyCode.Retired);
    await this.verifies("the new secret afterwards", second, VerifyCode.Valid);
  }

  /** What is absent stays, what is `null` is cleared; a change of an older version is refused. */
  async update(created: CreatedKey): Promise<void> {
    const tomorrow = new Date(created.key.createdAt.getTime() + 86_400_000);
    let key = await this.changed(created, { disabled: true, expiresAt: tomorrow });
    same("the description that was absent", key.description, DESCRIPTION);
    same("the expiry", key.expiresAt?.getTime(), tomorrow.getTime());
    await this.verifies("a disabled key", created, VerifyCode.Disabled);

    key = await this.changed(created, { disabled: false, description: null, expiresAt: null });
    same("the description that was null", key.description, "");
    same("the expiry that was null", key.expiresAt, null);
    same("the environment that was absent", key.environment, "development");
    await this.verifies("a key that is on again", created, VerifyCode.Valid);

    const stale = await refusal(
      this.keys.updateKey({ ...this.place(created), ifMatch: '"v1"', updateKeyRequest: { disabled: true } }),
    );
    same("a change of an old version", stale.code, ProblemCode.VersionMismatch);
  }

  async revoke(created: CreatedKey): Promise<void> {
    const receipt = await this.keys.revokeKey({ ...this.place(created), reason: "unused" });
    same("the receipt's kind", receipt.kind, "revoke");
    same("the receipt's key", receipt.keyId, created.key.id);
    await this.verifies("a revoked key", created, VerifyCode.Revoked);
    const key = await this.keys.showKey(this.place(created));
    same("its status", key.status, KeyStatus.Revoked);
    same("since when", key.revokedAt?.getTime(), receipt.revokedAt.getTime());
  }

  /** Refusals are problem documents, with a code that programs can match on. */
  async refuses(keyId: string): Promise<void> {
    const projectId = this.project.id;
    const revoked = await refusal(this.keys.rotateKey({ projectId, keyId }));
    same("rotating a revoked key", revoked.code, ProblemCode.KeyRevoked);
    const unknown = await refusal(this.keys.showKey({ projectId, keyId: "key_00000000000000000000000000000000" }));
    same("an unknown key", unknown.code, ProblemCode.NotFound);
    same("its status", unknown.status, 404);
  }

  private async changed(created: CreatedKey, updateKeyRequest: UpdateKeyRequest): Promise<Key> {
    const { raw } = await this.keys.showKeyRaw(this.place(created));
    const ifMatch = raw.headers.get("etag") ?? undefined;
    return this.keys.updateKey({ ...this.place(created), ifMatch, updateKeyRequest });
  }

  private async verifies(what: string, { secret }: CreatedKey, code: VerifyCode): Promise<void> {
    const result = await this.checking.verifyKey({ verifyRequest: { key: secret } });
    same(what, result.code, code);
    same(what, result.valid, code === VerifyCode.Valid);
  }

  private place({ key }: CreatedKey): { projectId: string; keyId: string } {
    return { projectId: this.project.id, keyId: key.id };
  }
}

/** A person's session: the cookie comes with the answer, and says who they are until they sign out. */
async function signIn(origin: string, email: string, password: string): Promise<void> {
  const nobody = new SessionApi(new Configuration({ basePath: origin }));
  const wrong = await refusal(nobody.signIn({ signInRequest: { email, password: "not Ada's password" } }));
  same("a wrong password", wrong.code, ProblemCode.InvalidCredentials);

  const answer = await nobody.signInRaw({ signInRequest: { email, password } });
  same("who signed in", (await answer.value()).user.email, email);
  const [cookie = ""] = (answer.raw.headers.get("set-cookie") ?? "").split(";");
  // A browser would send it by itself.
  const ada = new SessionApi(new Configuration({ basePath: origin, headers: { cookie } }));
  same("whose session", (await ada.showSession()).user?.email, email);
  await ada.signOut();
  same("whose session afterwards", (await ada.showSession()).user, null);
}

/** The problem that a refusal says; anything else is an error. */
async function refusal(answer: Promise<unknown>): Promise<Problem> {
  const error = await answer.then(
    () => new Error("what had to be refused was done"),
    (error: unknown) => error,
  );
  if (!(error instanceof ResponseError)) throw error;
  same("a refusal's type", error.response.headers.get("content-type"), "application/problem+json");
  return ProblemFromJSON(await error.response.json());
}

/** What is expected has to have the type of what there is: `null` only where the description says that it may be. */
function same<T>(what: string, actual: T, expected: NoInfer<T>): void {
  that(actual === expected, `${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
}

function that(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(sentence);
}
