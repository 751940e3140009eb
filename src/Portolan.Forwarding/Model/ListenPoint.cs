namespace Portolan.Forwarding.Model;

/// <summary>Where a forward listens: an address and port, or a path.</summary>
public sealed record ListenPoint
{
    /// <summary>The address; <c>null</c> for every address of both families, or for a path.</summary>
    public InternetAddress? Address { get; init; }

    /// <summary>The interface of a link-local address of IPv6; <c>null</c> for other addresses.</summary>
    public string? Zone { get; init; }

    /// <summary>The port; 0 lets the kernel choose.</summary>
    public PortNumber Port { get; init; }

    /// <summary>The path of a Unix socket, behind <c>@</c> an abstract name, or <c>null</c>.</summary>
    public string? Path { get; init; }

    /// <summary><c>*:8080</c>, <c>127.0.0.1:8080</c>, <c>[::1]:8080</c>, <c>[fe80::1%eth0]:8080</c>, <c>unix:/run/app.sock</c>.</summary>
    public override string ToString() => Path is not null ? $"unix:{Path}" : Address switch
    {
        null => $"*:{Port}",
        { IsIPv4: true } address => $"{address}:{Port}",
        { } address => $"[{address}{(Zone is null ? "" : $"%{Zone}")}]:{Port}",
    };
}
