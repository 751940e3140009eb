using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;

namespace Portolan.Transport.Testing;

/// <summary>How a <see cref="SimHost"/> is.</summary>
public sealed record SimHostOptions
{
    /// <summary>Its name, for captures and messages.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it passes packets on.</summary>
    public bool IsRouter { get; init; }

    /// <summary>Whose an address is.</summary>
    public HostModel Model { get; init; }

    /// <summary>How far its clock is ahead when the world begins.</summary>
    public TimeSpan ClockOffset { get; init; }

    /// <summary>How many parts in a million its clock goes too fast; below zero too slow.</summary>
    public int ClockDriftPartsPerMillion { get; init; }

    /// <summary>The most bytes of its packet memory.</summary>
    public long MemoryLimit { get; init; } = 32 << 20;

    /// <summary>How its TCP behaves.</summary>
    public TcpProfile Profile { get; init; } = TcpProfile.Linux;

    /// <summary>The limits of its ICMP errors.</summary>
    public IcmpLimits IcmpLimits { get; init; } = new();
}
