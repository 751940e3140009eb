using Portolan.Model;

namespace Portolan.Scan.Proxies;

/// <summary>What a proxy says of the connection that it was asked for.</summary>
public enum ProxyAnswer : byte
{
    /// <summary>It is made.</summary>
    Connected,

    /// <summary>The target refused it.</summary>
    Refused,

    /// <summary>No way to the host, or no such name.</summary>
    HostUnreachable,

    /// <summary>No way to its network.</summary>
    NetworkUnreachable,

    /// <summary>The proxy's rules forbid it.</summary>
    Prohibited,

    /// <summary>The target did not answer in time.</summary>
    TimedOut,

    /// <summary>It was not made, and the proxy does not say why.</summary>
    Failed,

    /// <summary>The proxy cannot be asked for such an address, for example SOCKS4 for IPv6.</summary>
    WrongAddress,

    /// <summary>A proxy of the chain cannot be reached or used: this says nothing of the target.</summary>
    NoProxy,

    /// <summary>The same, and it will not change: another protocol, wrong credentials.</summary>
    Useless,
}

/// <summary>An answer with the words of the proxy.</summary>
/// <param name="Answer">It.</param>
/// <param name="Words">What the proxy said, for people.</param>
public readonly record struct ProxyReply(ProxyAnswer Answer, string Words)
{
    /// <summary>The connection is made.</summary>
    public static ProxyReply Connected { get; } = new(ProxyAnswer.Connected, "connected");
}

/// <summary>What a proxy is asked to connect to.</summary>
/// <param name="Name">A name that the proxy looks up; <c>null</c> for the address.</param>
/// <param name="Address">The address, where there is no name.</param>
/// <param name="Port">The port.</param>
public readonly record struct ProxyTarget(string? Name, InternetAddress Address, PortNumber Port)
{
    /// <summary>As HTTP has it (RFC 9110 section 7.2).</summary>
    public override string ToString() => Name is null && !Address.IsIPv4 ? $"[{Address}]:{Port}" : $"{Name ?? $"{Address}"}:{Port}";
}
