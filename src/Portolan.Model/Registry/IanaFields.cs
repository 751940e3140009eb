using System.Globalization;

namespace Portolan.Model.Registry;

/// <summary>The rules for single fields, the same in the CSV and in the XML.</summary>
internal static class IanaFields
{
    // IANA's longest name has 15 characters and its longest description 255.
    private const int MaximumName = 63;
    private const int MaximumDescription = 1000;

    /// <summary>Reads <c>80</c> or <c>6000-6063</c>; the text has no white space around it.</summary>
    public static bool TryParsePorts(ReadOnlySpan<char> text, out PortRange ports, out string problem)
    {
        ports = default;
        problem = $"'{Shown(text)}' is not a port or port range";
        var dash = text.IndexOf('-');
        if (!PortNumber.TryParse(dash < 0 ? text : text[..dash], out var first))
        {
            return false;
        }

        var last = first;
        if (dash >= 0 && !PortNumber.TryParse(text[(dash + 1)..], out last))
        {
            return false;
        }

        if (first > last)
        {
            problem = $"the range {first}-{last} runs backwards";
            return false;
        }

        ports = new PortRange(first, last);
        return true;
    }

    /// <summary>Reads a protocol's name; empty is none.</summary>
    public static bool TryParseProtocol(ReadOnlySpan<char> text, out TransportProtocol? protocol, out string problem)
    {
        protocol = null;
        problem = $"'{Shown(text)}' is not tcp, udp, sctp or dccp";
        if (text.IsEmpty)
        {
            return true;
        }

        if (!TransportProtocolNames.TryParse(text, out var known) || known == TransportProtocol.UdpLite)
        {
            return false;
        }

        protocol = known;
        return true;
    }

    /// <summary>
    /// Whether a name can be in the table: short, without white space (RFC 6335 section 5.1, and the older <c>whois++</c>).
    /// </summary>
    public static bool IsName(ReadOnlySpan<char> name, out string problem)
    {
        problem = name.Length > MaximumName
            ? $"a service name has at most {MaximumName} characters"
            : "a service name has only printing ASCII characters";
        return name.Length <= MaximumName && !name.ContainsAnyExceptInRange('!', '~');
    }

    /// <summary>Whether a description is short enough.</summary>
    public static bool IsDescription(ReadOnlySpan<char> description, out string problem)
    {
        problem = $"the description is longer than {MaximumDescription} characters";
        return description.Length <= MaximumDescription;
    }

    /// <summary>Whether ports of the Dynamic range carry a name, which RFC 6335 section 6 rules out.</summary>
    public static bool IsDynamicAssignment(PortRange ports, string name, out string problem)
    {
        problem = "ports from 49152 are dynamic: they are never assigned";
        return name.Length > 0 && ports.Last.Category == PortCategory.Dynamic;
    }

    /// <summary>Reads <c>2025-02-13</c>; the registry also has <c>2004-02</c>, which says nothing new and is not read.</summary>
    public static DateOnly? Date(ReadOnlySpan<char> text)
        => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;

    /// <summary>The later of two dates.</summary>
    public static DateOnly? Later(DateOnly? left, DateOnly? right) => left is null || right > left ? right ?? left : left;

    /// <summary>A piece of the file for an error message: short, on one line.</summary>
    private static string Shown(ReadOnlySpan<char> text)
    {
        var line = RegistryRow.OneLine(text[..Math.Min(text.Length, 40)].ToString());
        return text.Length > 40 ? line + "…" : line;
    }
}
