using Portolan.Model;

namespace Portolan.Linux.Connecting;

/// <summary>What a connector's sockets are bound to.</summary>
public sealed record KernelConnectorOptions
{
    /// <summary>Our address (<c>-S</c>); <c>null</c> for the route's.</summary>
    public InternetAddress? Source { get; init; }

    /// <summary>Our port (<c>-g</c>); <c>null</c> for ports of the kernel's choice.</summary>
    public PortNumber? SourcePort { get; init; }

    /// <summary>Only over this interface (<c>-e</c>, SO_BINDTODEVICE).</summary>
    public string? InterfaceName { get; init; }

    /// <summary>TTL or hop limit; <c>null</c> for the system's.</summary>
    public byte? TimeToLive { get; init; }

    /// <summary>How many connectors share this process's descriptors.</summary>
    public int Shares { get; init; } = 1;

    /// <summary>The most attempts in flight in one connector.</summary>
    public int MaxInFlight { get; init; } = 4096;
}
