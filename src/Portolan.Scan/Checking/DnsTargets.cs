using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>
/// Reads DNS questions (RFC 4501): <c>//SERVER/NAME?type=AAAA</c>, or a name alone for the server this host uses. The type may stand alone
/// (<c>?AAAA</c>), in any case; without one it is A, and PTR for an address, which becomes its name below in-addr.arpa or ip6.arpa.
/// </summary>
internal static class DnsTargets
{
    private const string Remedy = "write dns://SERVER/NAME?type=AAAA, or dns:NAME for the server this host uses";

    public static bool TryParse(string text, string? server, string question, out CheckTarget target, out CheckTargetProblem problem)
    {
        target = null!;
        HostText host = default;
        if (server is { Length: > 0 } && !HostText.TryParse(server, out host, out problem))
        {
            return false;
        }

        var mark = question.IndexOf('?', StringComparison.Ordinal);
        var name = Uri.UnescapeDataString(mark < 0 ? question : question[..mark]);
        if (name.Length == 0)
        {
            problem = new("no name to ask for", Remedy);
            return false;
        }

        if (!TryReadType(mark < 0 ? "" : question[(mark + 1)..], out var type, out problem))
        {
            return false;
        }

        if (InternetAddress.TryParse(name, out var address))
        {
            name = type is null or "PTR" ? ReverseName(address) : name;
            type ??= "PTR";
        }

        target = new CheckTarget(text, CheckScheme.Dns, host.Name ?? "", host.Port ?? new PortNumber(53))
        {
            Address = host.Address,
            Scope = host.Scope,
            QuestionName = name == "." ? name : name.TrimEnd('.'),
            QuestionType = type ?? "A",
            UsesSystemServer = server is null or "",
        };
        return true;
    }

    private static bool TryReadType(string query, out string? type, out CheckTargetProblem problem)
    {
        type = null;
        problem = default;
        foreach (var part in query.Split([';', '&'], StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = equals < 0 ? ("type", part) : (part[..equals].ToLowerInvariant(), part[(equals + 1)..]);
            switch (key)
            {
                case "type":
                    type = value.ToUpperInvariant();
                    break;
                case "class" when value.Equals("IN", StringComparison.OrdinalIgnoreCase):
                    break;
                case "class":
                    problem = new($"class {value} is not asked for", "leave it out: the class is IN");
                    return false;
                default:
                    problem = new($"{key} is no part of a DNS question", Remedy);
                    return false;
            }
        }

        return true;
    }

    /// <summary>RFC 1035 section 3.5 and RFC 3596 section 2.5.</summary>
    private static string ReverseName(InternetAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        var length = address.WriteBytes(bytes);
        var labels = new List<string>();
        for (var i = length - 1; i >= 0; i--)
        {
            if (length == 4)
            {
                labels.Add(bytes[i].ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
            else
            {
                labels.Add($"{bytes[i] & 15:x}");
                labels.Add($"{bytes[i] >> 4:x}");
            }
        }

        return $"{string.Join('.', labels)}.{(length == 4 ? "in-addr" : "ip6")}.arpa";
    }
}
