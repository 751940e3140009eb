namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>Which login a server asks for at its root (WWW-Authenticate, RFC 9110 section 11.6.1). None is tried.</summary>
internal sealed class HttpAuthFact() : HttpFact("http-auth", "the login method that the first page requests; none is tried")
{
    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        if (await RootAsync(context) is not { Status: 401 } page || page.Header("WWW-Authenticate") is not { } challenge)
        {
            return null;
        }

        var space = challenge.IndexOf(' ', StringComparison.Ordinal);
        var scheme = space < 0 ? challenge : challenge[..space];
        List<FactField> fields = [FactField.Of("scheme", scheme)];
        if (RealmIn(challenge) is { } realm)
        {
            fields.Add(FactField.Of("realm", realm));
        }

        return Fact.Of(Id, fields, $"\n{page.StatusLine}\n  {challenge}");
    }

    private static string? RealmIn(string challenge)
    {
        const string Word = "realm=\"";
        var at = challenge.IndexOf(Word, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        var rest = challenge[(at + Word.Length)..];
        var end = rest.IndexOf('"', StringComparison.Ordinal);
        return end < 0 ? rest : rest[..end];
    }
}
