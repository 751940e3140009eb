namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>Reads hosts as ss does, <c>[family:]address[/prefix][:port]</c>, and IPv6 addresses without brackets too.</summary>
internal static class HostValue
{
    public static FilterNode? Read(FieldUse use, SocketEnd end)
    {
        var terms = new List<HostTerm>(use.Values.Count);
        foreach (var value in use.Values)
        {
            if (Term(use, value) is not { } term)
            {
                return null;
            }

            terms.Add(term);
        }

        return new HostNode(end, terms);
    }

    private static HostTerm? Term(FieldUse use, FilterValue value)
    {
        var colon = value.Text.IndexOf(':', StringComparison.Ordinal);
        switch (colon < 0 ? "" : value.Text[..colon].ToLowerInvariant())
        {
            case "unix":
                return new HostTerm { UnixPath = value.Text[(colon + 1)..] };
            case "inet":
                return Host(use, After(value, colon), SocketFamilies.IPv4);
            case "inet6":
                return Host(use, After(value, colon), SocketFamilies.IPv6);
            case "link":
                use.Fail(value, "packet sockets have no address", hint: $"use: family packet and dev NAME");
                return null;
            case "netlink" or "vsock" or "tipc" or "xdp":
                use.Fail(value, $"Portolan does not list {value.Text[..colon]} sockets", hint: $"families: ipv4, ipv6, unix, packet");
                return null;
            default:
                return Host(use, value, SocketFamilies.None);
        }
    }

    private static FilterValue After(FilterValue value, int colon) =>
        value with
        {
            Text = value.Text[(colon + 1)..],
            Position = value.Position + colon + 1,
            Length = Math.Max(0, value.Length - colon - 1),
        };

    private static HostTerm? Host(FieldUse use, FilterValue value, SocketFamilies family)
    {
        var text = value.Text;
        var term = new HostTerm { Family = family };

        // An IPv6 address without brackets may be all of the value; with a port it needs them.
        if (PrefixText.IsNetwork(text))
        {
            return WithNetwork(use, value, term, text);
        }

        string host;
        var rest = text;
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0)
            {
                use.Fail(value, "this [ is never closed");
                return null;
            }

            rest = text[(end + 1)..];
            host = text[1..end];
            var port = rest.IndexOf(':', StringComparison.Ordinal);
            if (rest.StartsWith('/'))
            {
                host += port < 0 ? rest : rest[..port];
                rest = port < 0 ? "" : rest[port..];
            }
        }
        else
        {
            var colon = text.LastIndexOf(':');
            host = colon < 0 ? text : text[..colon];
            rest = colon < 0 ? "" : text[colon..];
            if (host.Contains(':', StringComparison.Ordinal) && !PrefixText.IsNetwork(host))
            {
                // Not an address and a port either: what is wrong is wrong with all of it.
                return WithNetwork(use, value, term, text);
            }
        }

        if (rest is not ("" or ":" or ":*"))
        {
            if (!rest.StartsWith(':'))
            {
                use.Fail(value, $"\"{rest}\" may not follow an address");
                return null;
            }

            var portValue = value with { Text = rest[1..] };
            if (!value.IsQuoted)
            {
                portValue = portValue with { Position = value.Position + value.Length - rest.Length + 1, Length = rest.Length - 1 };
            }

            if (PortValue.Term(use, portValue) is not { } port)
            {
                return null;
            }

            term = term with { Port = port };
        }

        return host is "*" || (host.Length == 0 && rest.Length > 0) ? term : WithNetwork(use, value, term, host);
    }

    private static HostTerm? WithNetwork(FieldUse use, FilterValue value, HostTerm term, string text)
    {
        if (PrefixText.TryParse(text, out var network, out var length, out var problem))
        {
            return term with { Network = network, PrefixLength = length };
        }

        use.Fail(value, problem.Message, problem.Suggestion, problem.Hint);
        return null;
    }
}
