using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Packets;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;

namespace Portolan.Lab.Truth;

/// <summary>What comes back of a probe, and what it says.</summary>
/// <param name="State">nmap's state.</param>
/// <param name="Reason">nmap's reason.</param>
internal readonly record struct Answer(PortState State, ReplyReason Reason)
{
    /// <summary>It changes with time.</summary>
    public bool Varies { get; init; }

    /// <summary>A SYN proxy gives it.</summary>
    public bool IsSynProxy { get; init; }

    /// <summary>Nothing comes back.</summary>
    public static Answer Silence(ProbeType type) => new(SilenceMeaning.For(type.Technique).Of(type.Protocol), ReplyReason.NoResponse);

    /// <summary>A policy's answer.</summary>
    public static Answer Of(PortPolicy policy, ProbeType type, bool isIPv4) => policy switch
    {
        OpenPort open => OfOpen(open.Service, type),
        TarpitPort or ProxyPort or ExecPort => OfOpen(ServiceSpec.Mute, type),
        SynProxyPort => OfOpen(ServiceSpec.Mute, type) with { IsSynProxy = type.Protocol == TransportProtocol.Tcp },
        FilteredPort => Silence(type),
        RejectedPort rejected => OfRefusal(rejected.Kind, type, isIPv4, isOwn: true),
        RateLimitedPort limited => OfRefusal(limited.Refusal, type, isIPv4, isOwn: true) with { Varies = true },
        FlappingPort flapping => OfOpen(flapping.Service, type) with { Varies = true },
        KnockPort => Silence(type) with { Varies = true },
        _ => OfRefusal(RefusalKind.TcpReset, type, isIPv4, isOwn: true),
    };

    /// <summary>What an error says.</summary>
    /// <param name="kind">The error.</param>
    /// <param name="type">What was asked.</param>
    /// <param name="isIPv4">The family.</param>
    /// <param name="isOwn">It comes from the address that was asked: only that can say that a UDP port is closed.</param>
    public static Answer OfRefusal(RefusalKind kind, ProbeType type, bool isIPv4, bool isOwn)
    {
        var isConnect = type.Technique == TcpTechnique.Connect;
        if (kind == RefusalKind.TcpReset && !type.IsUdp)
        {
            return type.Technique switch
            {
                TcpTechnique.Ack => new(PortState.Unfiltered, ReplyReason.Reset),
                TcpTechnique.Connect => new(PortState.Closed, ReplyReason.ConnectionRefused),
                _ => new(PortState.Closed, ReplyReason.Reset),
            };
        }

        var (code4, code6) = kind.Codes();
        if ((isIPv4 ? ReasonOf(code4) : ReasonOf(code6)) is not { } reason)
        {
            // A raw scanner does not know the code, and goes on waiting; the system has an error for it.
            return isConnect
                ? new(PortState.Filtered, IsOfNetwork(code4) ? ReplyReason.NetworkUnreachable : ReplyReason.HostUnreachable)
                : Silence(type);
        }

        if (reason == ReplyReason.PortUnreachable && isConnect)
        {
            // The system says that it was refused, and not by whom.
            return new(PortState.Closed, type.IsUdp ? reason : ReplyReason.ConnectionRefused);
        }

        return new(type.IsUdp && isOwn && reason == ReplyReason.PortUnreachable ? PortState.Closed : PortState.Filtered, reason);
    }

    // nmap has states for these codes only; it takes others for silence. The scanner has a table of its own: the two judge each other.
    private static ReplyReason? ReasonOf(IcmpUnreachableCode code) => code switch
    {
        IcmpUnreachableCode.Network => ReplyReason.NetworkUnreachable,
        IcmpUnreachableCode.Host => ReplyReason.HostUnreachable,
        IcmpUnreachableCode.Protocol => ReplyReason.ProtocolUnreachable,
        IcmpUnreachableCode.Port => ReplyReason.PortUnreachable,
        IcmpUnreachableCode.NetworkProhibited => ReplyReason.NetworkProhibited,
        IcmpUnreachableCode.HostProhibited => ReplyReason.HostProhibited,
        IcmpUnreachableCode.AdministrativelyProhibited => ReplyReason.AdministrativelyProhibited,
        _ => null,
    };

    private static ReplyReason? ReasonOf(Icmpv6UnreachableCode code) => code switch
    {
        Icmpv6UnreachableCode.NoRoute or Icmpv6UnreachableCode.RejectRoute => ReplyReason.NetworkUnreachable,
        Icmpv6UnreachableCode.AdministrativelyProhibited or Icmpv6UnreachableCode.SourcePolicy => ReplyReason.AdministrativelyProhibited,
        Icmpv6UnreachableCode.BeyondScope or Icmpv6UnreachableCode.Address => ReplyReason.HostUnreachable,
        _ => ReplyReason.PortUnreachable,
    };

    private static bool IsOfNetwork(IcmpUnreachableCode code) =>
        code is IcmpUnreachableCode.NetworkUnknown or IcmpUnreachableCode.NetworkTypeOfService;

    private static Answer OfOpen(ServiceSpec service, ProbeType type)
    {
        if (!type.IsUdp)
        {
            return type.Technique switch
            {
                TcpTechnique.Ack => new(PortState.Unfiltered, ReplyReason.Reset),
                TcpTechnique.Syn or TcpTechnique.Connect => new(PortState.Open, ReplyReason.SynAck),
                _ => Silence(type),
            };
        }

        // Discard is a listener by definition (RFC 863).
        if (service.Name is "mute" or "discard")
        {
            return Silence(type);
        }

        return ServiceCatalogue.TryFind(service.Name, out var known)
            ? known is IDatagramService ? new(PortState.Open, ReplyReason.UdpResponse) : Silence(type)
            : Silence(type) with { Varies = true };
    }
}
