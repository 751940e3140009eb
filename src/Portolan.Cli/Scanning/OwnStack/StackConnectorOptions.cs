using Portolan.Model;

namespace Portolan.Cli.Scanning.OwnStack;

/// <summary>What a <see cref="StackConnector"/> works with.</summary>
internal sealed record StackConnectorOptions
{
    /// <summary>Ways to destinations that are kept; with more the kernel is asked again.</summary>
    public const int MostWays = 65_536;

    /// <summary>Its ports, which no socket of the kernel has and a guard keeps the kernel's TCP from.</summary>
    public required PortRange Ports { get; init; }

    /// <summary>The time.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>What its sequence numbers come from. It must stay secret.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Our address (<c>-S</c>); <c>null</c> for the route's.</summary>
    public InternetAddress? Source { get; init; }

    /// <summary>Only over this interface (<c>-e</c>).</summary>
    public string? InterfaceName { get; init; }

    /// <summary>TTL or hop limit; <c>null</c> for 64.</summary>
    public byte? TimeToLive { get; init; }

    /// <summary>The most attempts in flight.</summary>
    public int MaxInFlight { get; init; } = 4096;
}
