using Portolan.Packets;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp.Buffers;
using Portolan.Transport.Tcp.Congestion;
using Portolan.Transport.Tcp.FastOpen;

namespace Portolan.Transport.Tcp.Core;

/// <summary>What all connections of a layer share.</summary>
internal sealed class TcpEnvironment(IIpOutput output, TcpProfile profile, TcpMemory memory)
{
    private long _challengeSecond = -1;
    private long _challengesLeft;

    internal IIpOutput Output { get; } = output;

    internal TcpProfile Profile { get; private set; } = profile;

    internal TcpTimings Timings { get; private set; } = new(profile);

    internal TcpSynLayout Layout { get; private set; } = new(profile);

    internal TcpMemory Memory { get; } = memory;

    internal TcpCounters Counters { get; } = new();

    /// <summary>The most addresses and ports of servers of which something is known about Fast Open.</summary>
    internal int MaxFastOpenServers { get; init; } = 1024;

    /// <summary>What is known of them.</summary>
    internal FastOpenCache FastOpens => field ??= new FastOpenCache(MaxFastOpenServers);

    /// <summary>The key of what nobody may foresee of the limit of challenge ACKs.</summary>
    internal SipHash ChallengeHash { get; set; }

    internal ICongestionControl Congestion { get; private set; } = CongestionOf(profile);

    internal void Use(TcpProfile profile) =>
        (Profile, Timings, Layout, Congestion) = (profile, new TcpTimings(profile), new TcpSynLayout(profile), CongestionOf(profile));

    /// <summary>
    /// RFC 5961 section 7: so many challenge ACKs a second, of all connections together. Each second has another limit, from half of what
    /// the profile says to half as much again: one that is the same each time tells whoever counts what is left of it which segments of
    /// others were challenged (CVE-2016-5696).
    /// </summary>
    internal bool TryChallenge(long now)
    {
        var second = now / TcpTimings.Second;
        if (second != _challengeSecond)
        {
            _challengeSecond = second;
            var most = (uint)Math.Max(0, Profile.ChallengesPerSecond);
            _challengesLeft = (most / 2) + (long)Math.BigMul(ChallengeHash.Of((ulong)second, 0), most + 1UL, out _);
        }

        return _challengesLeft-- > 0;
    }

    private static ICongestionControl CongestionOf(TcpProfile profile) =>
        profile.Congestion == TcpCongestionAlgorithm.Reno ? new Reno() : new Cubic(profile.UsesHyStart);
}

/// <summary>What happened to a connection that its owner should hear of.</summary>
[Flags]
internal enum TcpEvents : byte
{
    None = 0,
    Established = 1,
    Readable = 2,
    Writable = 4,
    Closed = 8,
    Urgent = 16,
}

/// <summary>Who owns a <see cref="TcpCore"/>.</summary>
internal interface ITcpOwner
{
    /// <summary>
    /// Processing is over for now: the deadline may have changed, the link may have been busy, the connection may be over. Called each
    /// time.
    /// </summary>
    void OnSettled(TcpCore core, Instant now);

    /// <summary>Something happened. It may call the connection again.</summary>
    void OnEvents(TcpCore core, TcpEvents events);
}
