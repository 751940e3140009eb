using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Scan.Checking;

/// <summary>
/// Reads DNS questions (RFC 4501): <c>//SERVER/NAME?type=AAAA</c>, or a name alone for the server this host uses. The type may stand alone
/// (<c>?AAAA</c>), in any case; without one it is A, and PTR for an address, which becomes its name below in-addr.arpa or ip6.arpa.
/// </summary>
internal static class DnsTargets
{
    private static readonly Advice Remedy = $"write dns://SERVER/NAME?type=AAAA, or dns:NAME for the server this host uses";

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
            problem = new("no name to query", Remedy);
            return false;
        }

        if (!TryReadType(mark < 0 ? "" : question[(mark + 1)..], out var type, out problem))
        {
            return false;
        }

        if (InternetAddress.TryParse(name, out var address))
        {
            name = type is null or DnsType.Ptr ? DnsNameText.ReverseOf(address) : name;
            type ??= DnsType.Ptr;
        }

        if (!DnsNameText.TryEncode(name, stackalloc byte[DnsName.MaxLength], out _))
        {
            problem = new($"{name} is not a valid DNS name", Remedy);
            return false;
        }

        target = new CheckTarget(text, CheckScheme.Dns, host.Name ?? "", host.Port ?? new PortNumber(53))
        {
            Address = host.Address,
            Scope = host.Scope,
            QuestionName = name == "." ? name : name.TrimEnd('.'),
            QuestionType = type ?? DnsType.A,
            UsesSystemServer = server is null or "",
        };
        return true;
    }

    private static bool TryReadType(string query, out DnsType? type, out CheckTargetProblem problem)
    {
        type = null;
        problem = default;
        foreach (var part in query.Split([';', '&'], StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = equals < 0 ? ("type", part) : (part[..equals].ToLowerInvariant(), part[(equals + 1)..]);
            switch (key)
            {
                case "type" when DnsTypeWords.TryParse(value, out var known):
                    type = known;
                    break;
                case "type":
                    var nearest = NearestWord.Find(value, DnsTypeWords.Names);
                    problem = new(
                        $"{value} is not a record type{(nearest is null ? "" : $"; did you mean {nearest}?")}",
                        $"write ?type=AAAA, or ?type=TYPE257 for a type without a name here");
                    return false;
                case "class" when value.Equals("IN", StringComparison.OrdinalIgnoreCase):
                    break;
                case "class":
                    problem = new($"class {value} is not supported", $"leave it out: the class is IN");
                    return false;
                default:
                    problem = new($"{key} is not part of a DNS query", Remedy);
                    return false;
            }
        }

        return true;
    }
}
