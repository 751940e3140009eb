namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>An address of a socket, with or without a port.</summary>
public sealed class HostNode(SocketEnd end, IReadOnlyList<HostTerm> terms) : FilterNode
{
    /// <summary>Whose address.</summary>
    public SocketEnd End { get; } = end;

    /// <summary>The values; one of them must match.</summary>
    public IReadOnlyList<HostTerm> Terms { get; } = terms;
}

/// <summary>One value of <c>src</c>, <c>dst</c> or <c>address</c>: <c>[family:]address[/prefix][:port]</c>, or a Unix path.</summary>
public sealed record HostTerm
{
    /// <summary>The family written before the address (<c>inet:</c>, <c>inet6:</c>), or <see cref="SocketFamilies.None"/>.</summary>
    public SocketFamilies Family { get; init; }

    /// <summary>The network, its host bits cleared, or <c>null</c> for any address.</summary>
    public InternetAddress? Network { get; init; }

    /// <summary>How many bits of <see cref="Network"/> count.</summary>
    public int PrefixLength { get; init; }

    /// <summary>The port, or <c>null</c> for any.</summary>
    public PortTerm? Port { get; init; }

    /// <summary>For <c>unix:</c> a pattern for the path; else <c>null</c>.</summary>
    public string? UnixPath { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        if (UnixPath is not null)
        {
            return "unix:" + FilterPrinter.Quote(UnixPath);
        }

        var family = Family switch
        {
            SocketFamilies.IPv4 => "inet:",
            SocketFamilies.IPv6 => "inet6:",
            _ => "",
        };
        var host = Network is { } network
            ? PrefixLength == network.BitCount ? network.ToString() : $"{network}/{PrefixLength}"
            : "*";
        return Port is not { } port ? family + host
            : Network is { IsIPv4: false } ? $"{family}[{host}]:{port}"
            : $"{family}{host}:{port}";
    }
}
