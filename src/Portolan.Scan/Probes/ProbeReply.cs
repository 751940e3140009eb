using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Results;

namespace Portolan.Scan.Probes;

/// <summary>What a frame says: the answer to one of our probes.</summary>
/// <param name="Target">Whom the probe was for.</param>
/// <param name="Kind">What was sent: <see cref="ProbeKind.Tcp"/> for any TCP probe but an ACK that looks for a host beside a scan of
/// another kind (<see cref="ProbeKind.AckPing"/>), <see cref="ProbeKind.Udp"/> for any datagram.</param>
/// <param name="Port">The probe's port.</param>
/// <param name="Tag">The attempt it answers.</param>
/// <param name="State">What it says of the port; <see cref="PortState.Unknown"/> for what is not a port's answer.</param>
/// <param name="Reason">Why.</param>
/// <param name="TimeToLive">TTL or hop limit it came with.</param>
/// <param name="Evidence">How sure an open port is.</param>
/// <param name="Reporter">Who sent it: the target, or a router.</param>
/// <param name="HardwareAddress">The neighbour's Ethernet address, for answers to <see cref="ProbeKind.Neighbour"/>.</param>
public readonly record struct ProbeReply(
    InternetAddress Target,
    ProbeKind Kind,
    ushort Port,
    ProbeTag Tag,
    PortState State,
    ReplyReason Reason,
    byte TimeToLive,
    Evidence Evidence,
    InternetAddress Reporter,
    MacAddress HardwareAddress)
{
    /// <summary>The target itself sent it.</summary>
    public bool IsFromTarget => Reporter == Target;
}
