using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;

namespace Portolan.Transport.Testing;

/// <summary>How a <see cref="SimHost"/> is.</summary>
public sealed record SimHostOptions
{
    /// <summary>Its name, for captures and messages.</summary>
    public required string Name { get; init => field = Allowed.NotNull(value); }

    /// <summary>Whether it passes packets on.</summary>
    public bool IsRouter { get; init; }

    /// <summary>Whose an address is.</summary>
    public HostModel Model { get; init => field = Allowed.Named(value); }

    /// <summary>How far its clock is ahead when the world begins.</summary>
    public TimeSpan ClockOffset { get; init; }

    /// <summary>How many parts in a million its clock goes too fast; below zero too slow.</summary>
    public int ClockDriftPartsPerMillion { get; init => field = Allowed.Between(-999_999, 999_999, value); }

    /// <summary>The most bytes of its packet memory.</summary>
    public long MemoryLimit { get; init => field = Allowed.AtLeast(256L << 10, value); } = 32 << 20;

    /// <summary>How its TCP behaves.</summary>
    public TcpProfile Profile { get; init => field = Allowed.NotNull(value); } = TcpProfile.Linux;

    /// <summary>The limits of its ICMP errors.</summary>
    public IcmpLimits IcmpLimits { get; init => field = Allowed.NotNull(value); } = new();
}
