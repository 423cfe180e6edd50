export interface FailureOptions {
  readonly host: string;
  readonly port: number;
  readonly password?: string | undefined;
  readonly db?: number | undefined;
  readonly commandTimeout: number;
}

/** What these tests use of an `OAuthDatabase`. */
export interface Client {
  database(options: FailureOptions): {
    storeToken(key: string, token: string, expiresAt?: Date): Promise<void>;
    getToken(key: string): Promise<string | null>;
    hasToken(key: string): Promise<boolean>;
    deleteToken(key: string): Promise<boolean>;
    listTokens(): Promise<string[]>;
    close(): Promise<void>;
  };
}

export type Database = ReturnType<Client['database']>;
