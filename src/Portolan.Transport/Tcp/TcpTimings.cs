namespace Portolan.Transport.Tcp;

/// <summary>The timers of a profile in nanoseconds.</summary>
internal sealed class TcpTimings(TcpProfile profile)
{
    internal const long Millisecond = 1_000_000;
    internal const long Second = 1_000_000_000;
    internal const long Never = long.MaxValue;

    /// <summary>The clock's granularity G of RFC 6298.</summary>
    internal const long Granularity = Millisecond;

    /// <summary>A tick of Linux's clock as distributions build it (CONFIG_HZ=250).</summary>
    internal const long Tick = 4 * Millisecond;

    internal long RtoMin { get; } = Of(profile.RetransmissionTimeoutMin);

    internal long RtoMax { get; } = Of(profile.RetransmissionTimeoutMax);

    internal long RtoInitial { get; } = Of(profile.RetransmissionTimeoutInitial);

    internal long VarianceFloor { get; } = Of(profile.VarianceFloor);

    internal long DelayedAck { get; } = Of(profile.DelayedAck);

    internal long KeepaliveIdle { get; } = Of(profile.KeepaliveIdle);

    internal long KeepaliveInterval { get; } = Of(profile.KeepaliveInterval);

    internal long FinWait2 { get; } = Of(profile.FinWait2);

    internal long TimeWait { get; } = Of(profile.TimeWait);

    internal long MtuProbeInterval { get; } = Of(profile.MtuProbeInterval);

    internal long ChallengeInterval { get; } = Of(profile.ChallengeInterval);

    internal static long Of(TimeSpan span) => span.Ticks >= Never / 100 ? Never : span.Ticks * 100;

    internal static long Later(long now, long span) => span >= Never - now ? Never : now + span;
}
