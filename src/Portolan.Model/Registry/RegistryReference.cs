namespace Portolan.Model.Registry;

/// <summary>The documents of a registry row: RFCs, drafts and standards. Names of people and free text are left out.</summary>
internal static class RegistryReference
{
    private static readonly string[] Prefixes = ["RFC", "BCP", "STD", "draft-", "ISO", "ITU-T", "TR-", "IEEE", "http://", "https://"];

    /// <summary>From the CSV's form, <c>[RFC793][RFC6335]</c>, to <c>RFC793, RFC6335</c>.</summary>
    public static string FromBrackets(string field)
    {
        List<string>? documents = null;
        var rest = field.AsSpan();
        while (rest.IndexOf('[') is var open and >= 0)
        {
            rest = rest[(open + 1)..];
            var close = rest.IndexOf(']');
            if (close < 0)
            {
                break;
            }

            Add(ref documents, RegistryRow.OneLine(rest[..close].ToString()));
            rest = rest[(close + 1)..];
        }

        return documents is null ? string.Empty : string.Join(", ", documents);
    }

    /// <summary>From the XML's cross references, such as type <c>rfc</c> with data <c>rfc793</c> or with a text of its own.</summary>
    public static void AddCrossReference(ref List<string>? documents, string? type, string? data, string text)
    {
        var name = RegistryRow.OneLine(text);
        if (name.Length == 0)
        {
            name = RegistryRow.OneLine(data ?? string.Empty);
            name = type switch
            {
                "rfc" or "bcp" or "std" => name.ToUpperInvariant(),
                _ => name,
            };
        }

        Add(ref documents, name);
    }

    private static void Add(ref List<string>? documents, string name)
    {
        // The longest real one is a URL of 70 characters; a paragraph in brackets is not a reference.
        if (name.Length > 120 || documents?.Contains(name) == true)
        {
            return;
        }

        foreach (var prefix in Prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                (documents ??= []).Add(name);
                return;
            }
        }
    }
}
