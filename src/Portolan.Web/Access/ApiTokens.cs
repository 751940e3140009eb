namespace Portolan.Web.Access;

/// <summary>Tokens for programs that use the API: <c>Authorization: Bearer TOKEN</c>. Kept as hashes.</summary>
/// <param name="folder">Where they are kept.</param>
/// <param name="clock">The clock.</param>
internal sealed class ApiTokens(StateFolder folder, TimeProvider clock)
{
    private readonly RecordFile<List<TokenRecord>> _file = new(folder, "tokens.json", AccessRecords.Default.ListTokenRecord);

    internal bool Any => All.Count > 0;

    /// <summary>Those that there are.</summary>
    internal IReadOnlyList<TokenRecord> All => _file.Read() ?? [];

    /// <summary>Makes one.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="scopes">What it may do.</param>
    /// <exception cref="PortolanException">The name is taken.</exception>
    internal string Make(string name, Scope scopes)
    {
        List<TokenRecord> all = [.. All];
        if (all.Exists(t => t.Name == name))
        {
            throw new PortolanException(
                $"there is a token with the name {name}", $"remove it first: portolan serve --remove-token {name}", ExitCode.Usage);
        }

        var token = Secret.New();
        all.Add(new TokenRecord(name, Secret.Hash(token), scopes, clock.GetUtcNow()));
        _file.Write(all);
        return token;
    }

    /// <summary>Removes one.</summary>
    /// <returns>Whether it was there.</returns>
    internal bool Remove(string name)
    {
        List<TokenRecord> all = [.. All];
        if (all.RemoveAll(t => t.Name == name) == 0)
        {
            return false;
        }

        _file.Write(all);
        return true;
    }

    /// <summary>Finds one; <c>null</c> where there is none.</summary>
    internal TokenRecord? Find(string token)
    {
        var hash = Secret.Hash(token);
        return All.FirstOrDefault(t => Secret.AreEqual(t.Hash, hash));
    }
}
