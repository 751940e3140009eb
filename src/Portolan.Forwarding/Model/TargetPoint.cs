namespace Portolan.Forwarding.Model;

/// <summary>Where a forward forwards to: a host and port, or a path.</summary>
public sealed record TargetPoint
{
    /// <summary>The name or address as it was written; empty for a path.</summary>
    public required string Host { get; init; }

    /// <summary>The address, where the host is one; <c>null</c> for a name, which is looked up.</summary>
    public InternetAddress? Address { get; init; }

    /// <summary>The interface of a link-local address of IPv6; <c>null</c> for other addresses.</summary>
    public string? Zone { get; init; }

    /// <summary>The port; 1 to 65535 for a host.</summary>
    public PortNumber Port { get; init; }

    /// <summary>The path of a Unix socket, behind <c>@</c> an abstract name, or <c>null</c>.</summary>
    public string? Path { get; init; }

    /// <summary>Whether its addresses must be looked up.</summary>
    public bool IsName => Path is null && Address is null;

    /// <summary><c>web:80</c>, <c>[2001:db8::1]:80</c>, <c>unix:/run/app.sock</c>.</summary>
    public override string ToString() =>
        Path is not null
            ? $"unix:{Path}"
            : Address is { IsIPv4: false } address ? $"[{address}{(Zone is null ? "" : $"%{Zone}")}]:{Port}" : $"{Host}:{Port}";
}
