using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp.Support;

/// <summary>What tests of loss begin with.</summary>
internal static class RecoveryStarts
{
    /// <summary>Linux with the congestion control of RFC 5681.</summary>
    internal static TcpProfile RenoProfile { get; } = TcpProfile.Linux with { Congestion = TcpCongestionAlgorithm.Reno };

    /// <summary>Ten segments of 1,000 bytes are out.</summary>
    internal static ScriptedPeer TenOut(TcpProfile? profile = null, bool sack = true, bool timestamps = false)
    {
        var peer = ScriptedPeer.Connected(profile, mss: timestamps ? 1012 : 1000, sack: sack, timestamps: timestamps);
        peer.Write(10_000);
        Assert.Equal(10, peer.Drain().Length);
        peer.Advance(10);
        return peer;
    }
}
